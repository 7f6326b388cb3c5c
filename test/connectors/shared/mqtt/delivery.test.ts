// One deliver() in any order of answers: it settles once, with an outcome for every message, and no message counts as
// delivered past a failure of its device.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { delivered, type Failure, type Outcome } from '../../../../connectors/connector.ts'
import { Delivery } from '../../../../connectors/shared/mqtt/delivery.ts'
import { batchOf } from '../../mqtt/harness.ts'

const lost: Failure = { kind: 'unknown', code: 'mqtt_connection_lost', detail: '' }
const notSent: Failure = { ...lost, kind: 'unsent' }
const answers: Outcome[] = [
  delivered,
  { kind: 'reject', code: 'mqtt_rejected', detail: '' },
  { kind: 'retry', code: 'mqtt_throttled', detail: '' }
]

const step = fc.record({ publish: fc.boolean(), which: fc.nat(20), answer: fc.constantFrom(...answers) })

testProp(
  'whatever is answered in whatever order, a device stops at its first failure',
  [
    fc.record({ count: fc.integer({ min: 1, max: 12 }), devices: fc.integer({ min: 1, max: 4 }) }),
    fc.array(step, { maxLength: 40 })
  ],
  async (t, { count, devices }, steps) => {
    const { messages } = batchOf(count, { devices })
    const delivery = new Delivery(messages)
    const published: number[] = []
    const answered = new Map<number, Outcome>()
    for (const { publish, which, answer } of steps) {
      if (publish && delivery.peek() !== undefined) published.push(delivery.take())
      const [position] = publish ? [] : published.splice(which % Math.max(1, published.length), 1)
      if (position === undefined) continue
      answered.set(position, answer)
      delivery.settle(position, answer)
    }
    delivery.giveUp(lost, notSent)
    const result = await delivery.outcome
    const outcomes = Array.isArray(result) ? result : messages.map(() => result)
    t.is(outcomes.length, count)
    const failed = new Set<string | null>()
    outcomes.forEach((outcome, position) => {
      const key = messages[position]?.key() ?? null
      if (outcome.kind === 'delivered') {
        t.false(failed.has(key))
        t.is(answered.get(position), delivered)
      } else if (outcome.kind !== 'reject') failed.add(key)
      if (outcome.kind === 'unsent') t.false(answered.has(position))
      if (published.includes(position)) t.is(outcome.kind, 'unknown')
    })
  }
)

test('a batch that is delivered as a whole says so once', async t => {
  const delivery = new Delivery(batchOf(2).messages)
  delivery.settle(delivery.take(), delivered)
  delivery.settle(delivery.take(), delivered)
  t.is(await delivery.outcome, delivered)
  t.is(await new Delivery([]).outcome, delivered)
})
