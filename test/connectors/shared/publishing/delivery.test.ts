// One deliver() in any order of answers: it settles once, with an outcome for every message, and no message counts as
// delivered past a failure of its device.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { delivered, type Failure, type Outcome } from '../../../../connectors/connector.ts'
import { Delivery, type Group } from '../../../../connectors/shared/publishing/delivery.ts'
import { batchOf } from '../../mqtt/harness.ts'

const lost: Failure = { kind: 'unknown', code: 'mqtt_connection_lost', detail: '' }
const notSent: Failure = { ...lost, kind: 'unsent' }
const answers: Outcome[] = [
  delivered,
  { kind: 'reject', code: 'mqtt_rejected', detail: '' },
  { kind: 'retry', code: 'mqtt_throttled', detail: '' }
]

const refused: Failure = { kind: 'reject', scope: 'device', code: 'mqtt_device_refused', detail: '' }

const follows = 'mqtt_predecessor_failed'

type Act = 'publish' | 'answer' | 'split'
const step = fc.record({
  act: fc.constantFrom<Act>('publish', 'publish', 'answer', 'answer', 'split'),
  which: fc.nat(20),
  answer: fc.constantFrom(...answers, refused)
})

/** Neighbours in groups of this many. */
function groupsOf(count: number, size: number): number[][] {
  const positions = Array.from({ length: count }, (_, at) => at)
  return positions.flatMap(at => (at % size === 0 ? [positions.slice(at, at + size)] : []))
}

testProp(
  'whatever is answered in whatever order, a device stops at its first failure',
  [
    fc.record({
      count: fc.integer({ min: 1, max: 12 }),
      devices: fc.integer({ min: 1, max: 4 }),
      size: fc.integer({ min: 1, max: 5 })
    }),
    fc.array(step, { maxLength: 40 })
  ],
  async (t, { count, devices, size }, steps) => {
    const { messages } = batchOf(count, { devices })
    const delivery = new Delivery(messages, groupsOf(count, size), follows)
    const published: Group[] = []
    const answered = new Map<number, Outcome>()
    for (const { act, which, answer } of steps) {
      const next = act === 'answer' ? undefined : delivery.peek()
      if (next !== undefined && act === 'split' && next.length > 1) delivery.split()
      else if (next !== undefined) {
        published.push(next)
        delivery.take()
      }
      const [group = []] = act === 'answer' ? published.splice(which % Math.max(1, published.length), 1) : []
      for (const position of group) answered.set(position, answer)
      delivery.settle(group, answer)
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
      } else if (outcome.kind !== 'reject' || outcome.scope === 'device') failed.add(key)
      if (outcome.kind === 'unsent') t.false(answered.has(position))
      if (published.flat().includes(position)) t.is(outcome.kind, 'unknown')
    })
  }
)

test('a batch that is delivered as a whole says so once', async t => {
  const delivery = new Delivery(batchOf(3).messages, [[0], [1, 2]], follows)
  for (let group = delivery.peek(); group !== undefined; group = delivery.peek()) {
    delivery.take()
    delivery.settle(group, delivered)
  }
  t.is(await delivery.outcome, delivered)
  t.is(await new Delivery([], [], follows).outcome, delivered)
})

test('messages that were refused together are not set aside together', async t => {
  const rejection: Failure = { kind: 'reject', code: 'mqtt_rejected', detail: 'not to our taste' }
  const ended = async (groups: readonly Group[]) => {
    const delivery = new Delivery(batchOf(3, { devices: 3 }).messages, groups, follows)
    groups.forEach((group, at) => void delivery.settle(group, at === 0 ? rejection : delivered))
    return delivery.outcome
  }
  t.deepEqual(await ended([[0, 1, 2]]), rejection)
  const together = {
    kind: 'retry',
    scope: 'device',
    code: 'refused_together',
    detail: 'mqtt_rejected: not to our taste'
  }
  t.deepEqual(await ended([[0, 1], [2]]), [together, together, delivered] as Outcome[])
  t.deepEqual(await ended([[0], [1, 2]]), [rejection, delivered, delivered])
})
