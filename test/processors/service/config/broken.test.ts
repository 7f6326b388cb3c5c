// What is wrong with a configuration is told with its place, in a sentence.

import test from 'ava'
import { fixture } from './fixture.ts'
import { mistakes } from './mistakes.ts'

for (const [mistake, text, line] of mistakes)
  test(`${mistake} is told with its place`, t => {
    t.deepEqual(fixture(t, { 'config.yaml': text }).lines(), [`config.yaml:${line}`])
  })
