// The policy that Tailrace itself promises, as users would write it down: every case of test/policy/.

import { readdirSync } from 'node:fs'
import test from 'ava'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { compare } from '../../../../processors/commands/test/compare.ts'
import { play } from '../../../../processors/commands/test/observe.ts'
import { readSuite } from '../../../../processors/commands/test/suite/suite.ts'

const folder = packageRoot('test/policy')
let cases = 0

for (const file of readdirSync(folder)) {
  const suite = readSuite(`${folder}/${file}`)
  if (suite.kind === 'invalid') throw new Error(JSON.stringify(suite.problems))
  cases += suite.cases.length
  for (const one of suite.cases)
    test(`${file}: ${one.title}`, async t => {
      t.deepEqual(compare(one.expect, one.requests, await play(one)), [])
    })
}

test('there are at least 25 cases', t => {
  t.true(cases >= 25, `${cases} cases`)
})
