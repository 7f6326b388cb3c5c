import test from 'ava'
import { parse } from 'yaml'
import { stepDefinitions, stepOf, stepSchemas } from '../../../processors/steps/registry.ts'
import { results } from './fixture.ts'

for (const { kind, examples } of stepDefinitions)
  test(`every example of ${kind} gives what its page says`, t => {
    for (const { settings, messages, results: expected } of examples) {
      t.deepEqual(Object.keys(parse(settings)), [kind], 'it shows this step')
      t.deepEqual(results(settings, messages), expected as typeof expected & unknown[], settings)
    }
  })

test('each step has a kind of its own, by which it is found, and a sentence for its page', t => {
  for (const definition of stepDefinitions) {
    t.is(stepOf(definition.kind), definition)
    t.regex(definition.summary, /^[A-Z].+\.$/s)
    t.true(Object.hasOwn(stepSchemas, definition.kind))
  }
  t.is(Object.keys(stepSchemas).length, stepDefinitions.length)
  t.is(stepOf('constructor'), undefined)
})
