// What a message costs whatever somebody puts into it: steps as many as it has members, and memory for names that does not
// grow with their length.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { Fields } from '../../../../connectors/shared/fields.ts'
import { MemberCursor } from '../../../../connectors/shared/json/members.ts'
import { reportOf } from '../../../../connectors/shared/wialon/from-message.ts'
import { LeftOutTeller } from '../../../../connectors/shared/wialon/left-out.ts'
import { FieldRules } from '../../../../connectors/shared/wialon/rules.ts'
import { messagesOf } from '../../../messages.ts'
import { Told } from '../tcp/harness.ts'
import { rulesWith } from './rules.ts'

const count = 35_000
const crowd = Buffer.from(
  `{"ident":"a","timestamp":1,${Array.from({ length: count }, (_, at) => `"f${at}":9007199254740993`).join()}}`
)

/** How many members are walked over meanwhile; ends `run` where they are far too many. */
function stepsOf(run: () => void): number {
  const original = MemberCursor.prototype.next
  let steps = 0
  MemberCursor.prototype.next = function (this: MemberCursor) {
    steps++
    if (steps > 10 * count) throw new Error('more steps than ten for each member')
    return original.call(this)
  }
  try {
    run()
  } finally {
    MemberCursor.prototype.next = original
  }
  return steps
}

test.serial('a message of 35,000 integers beyond 2^53 is walked once', t => {
  const rules = rulesWith({ maxParameters: 100_000 })
  const steps = stepsOf(() => {
    const report = reportOf(crowd, rules)
    if ('reason' in report) return t.fail(report.reason)
    t.is(report.parameters.length, count)
    t.true(report.parameters.every(({ value }) => value === 9_007_199_254_740_993n))
  })
  t.true(steps <= count + 3, `${steps} steps`)
})

test.serial('of what is beyond the most parameters neither a name is made nor a value read', t => {
  const rules = rulesWith({ maxParameters: 10 })
  let named = 0
  const { nameOf } = FieldRules.prototype
  rules.nameOf = function (field) {
    named++
    return nameOf.call(this, field)
  }
  const report = reportOf(crowd, rules)
  if ('reason' in report) return t.fail(report.reason)
  t.is(named, 10)
  t.is(report.leftOut.length, count - 10)
  t.deepEqual(report.leftOut.at(-1), { field: `f${count - 1}`, why: 'too many' })
})

test.serial('all fields of such a message, for connectors that name some, are walked once as well', t => {
  const [message] = messagesOf([crowd.toString()])
  if (message === undefined) return t.fail()
  const steps = stepsOf(() => {
    t.deepEqual(new Fields(message).entries()?.at(-1), [`f${count - 1}`, '9007199254740993'])
  })
  t.true(steps <= count + 3, `${steps} steps`)
})

test.serial('names of any length leave nothing behind in memory, and little in the log', t => {
  const told = new Told()
  const teller = new LeftOutTeller(told.env().log, { stream: 's' })
  const rules = rulesWith()
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const used = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = used()
  for (let at = 0; at < 150; at++) {
    const name = `${at}${'n'.repeat(400_000)}`
    const report = reportOf(Buffer.from(`{"ident":"a","timestamp":1,"${name}":1,"${name}2":[]}`), rules)
    if ('reason' in report) return t.fail(report.reason)
    t.is(report.parameters[0]?.name.length, 38)
    teller.tell(report.unit.repeat(1_000), report.leftOut)
  }
  const lines = told.lines('fields_left_out')
  t.is(lines.length, 100) // after which nothing more is told
  t.true(lines.every(line => JSON.stringify(line).length < 700))
  t.true(used() - before < 20_000_000)
})
