// Other work of the process goes on while payloads of many entries are read, which need few bytes.

import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { Intake } from '../../../../connectors/mqtt/source/intake.ts'
import { readPayload } from '../../../../connectors/mqtt/source/payload.ts'
import { parseTopic } from '../../../../connectors/mqtt/source/topics.ts'
import { ByteBudget } from '../../../../connectors/shared/byte-budget.ts'
import { Told } from '../../shared/tcp/harness.ts'

const rules = {
  patterns: [parseTopic('fleet/{ident}/up')],
  identField: undefined,
  maxMessages: 10_000,
  maxMessageBytes: 1_000
}
const payloadOf = (entries: number) => Buffer.from(`[${Array(entries).fill('1').join()}]`)

/** How many turns others had until it was done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let isDone = false
  const done = work.then(() => {
    isDone = true
  })
  let turns = 0
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await done
  return turns
}

test('an array of ten thousand entries of a byte each is read in many turns', async t => {
  const given = { topic: 'fleet/7/up', payload: payloadOf(10_000), cutFrom: null, problem: null }
  const turns = await turnsOf(readPayload(given, rules, 0))
  t.true(turns >= 15, `${turns} turns`)
})

test('a hundred payloads of a hundred entries each are read in many turns', async t => {
  const budget = new ByteBudget(1_000_000, systemClock)
  const stored: number[] = []
  const intake = new Intake({
    env: new Told().env(),
    feed: () => ({
      channel: 'fleet',
      append: async () => {},
      setAside: async broken => void stored.push(broken.length)
    }),
    rules,
    takesRetained: false,
    origin: { settle: () => {}, fail: fault => t.fail(fault.message) },
    progressed: () => {}
  })
  const facts = { topic: 'fleet/7/up', qos: 1, retain: false, cutFrom: null, problem: null } as const
  for (let messageId = 1; messageId <= 100; messageId++)
    intake.receive({ ...facts, payload: payloadOf(100), messageId, share: budget.share() })
  const turns = await turnsOf(intake.finish())
  t.true(turns >= 15, `${turns} turns`)
  t.deepEqual(stored, [100])
})
