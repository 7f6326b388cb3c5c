// One deliver() under whatever answers come, in whatever order: each message gets one outcome, of a key one batch at a time is
// on its way, and after a device's first failure nothing of it is delivered. Invariant 2

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { delivered, type Failure, type Message, type Outcome } from '../../../connectors/connector.ts'
import { Delivery, type Pack, type Parcel } from '../../../connectors/event-hubs/publish/delivery.ts'
import { batchOf } from './harness.ts'

const lost: Failure = { kind: 'unknown', code: 'event_hubs_connection_lost', detail: '' }
const answers: Outcome[] = [
  delivered,
  delivered,
  { kind: 'reject', code: 'event_hubs_rejected', detail: '' },
  { kind: 'retry', code: 'event_hubs_throttled', detail: '', retryAfterMs: 1_000 },
  { kind: 'unknown', scope: 'device', code: 'event_hubs_ack_timeout', detail: '' }
]

interface Step {
  readonly act: 'send' | 'answer'
  readonly which: number
  readonly answer: Outcome
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('send', 'send', 'answer', 'answer'),
  which: fc.nat(),
  answer: fc.constantFrom(...answers)
})

/** The other side of a delivery. */
class Service {
  readonly #delivery: Delivery
  readonly #pack: Pack
  readonly #messagesOf = new Map<unknown, readonly Message[]>()
  readonly #underWay: Parcel[] = []
  /** In the order in which they were accepted. */
  readonly accepted: Message[] = []
  /** Keys of which two batches were on their way. */
  readonly crowded: (string | null)[] = []

  /** Packs at most `size` messages together. */
  constructor(delivery: Delivery, size: number) {
    this.#delivery = delivery
    this.#pack = (_, messages) => {
      const content: never[] = []
      const taken = messages.slice(0, size)
      this.#messagesOf.set(content, taken)
      return { count: taken.length, content }
    }
  }

  /** False when there is nothing to send. */
  send(): boolean {
    const parcel = this.#delivery.next(this.#pack)
    if (parcel === undefined) return false
    if (this.#underWay.some(({ key }) => key === parcel.key)) this.crowded.push(parcel.key)
    this.#underWay.push(parcel)
    return true
  }

  answer({ which, answer }: Omit<Step, 'act'>): void {
    const [parcel] = this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1)
    if (parcel === undefined) return
    if (answer.kind === 'delivered') this.accepted.push(...(this.#messagesOf.get(parcel.content) ?? []))
    this.#delivery.answer(parcel, answer)
  }
}

const offsetsOf = (messages: readonly Message[]) => messages.map(({ offset }) => offset)
const rising = (a: number, b: number) => a - b

testProp(
  'whatever is answered, each message gets one outcome, and a device stops at its first failure',
  [
    fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 30 }),
    fc.record({ size: fc.integer({ min: 1, max: 5 }), isOneKey: fc.boolean(), steps: fc.array(step) })
  ],
  async (t, devices, { size, isOneKey, steps }) => {
    const { messages } = batchOf(devices)
    const delivery = new Delivery(messages, message => (isOneKey ? 'all' : message.key()))
    const service = new Service(delivery, size)
    for (const { act, ...what } of steps) {
      if (act === 'send') service.send()
      else service.answer(what)
    }
    delivery.giveUp(lost, { ...lost, kind: 'unsent' })
    const outcome = await delivery.outcome
    const outcomes = Array.isArray(outcome) ? outcome : messages.map(() => outcome)
    t.is(outcomes.length, messages.length)
    t.deepEqual(service.crowded, [])
    const taken = offsetsOf(messages.filter((_, at) => outcomes[at]?.kind === 'delivered'))
    t.deepEqual(taken, offsetsOf(service.accepted).toSorted(rising), 'delivered is what was accepted')
    const stopped = new Set<string | null>()
    for (const [at, { kind }] of outcomes.entries()) {
      const device = messages[at]?.key() ?? null
      if (kind === 'delivered') t.false(stopped.has(device))
      else if (kind !== 'reject') stopped.add(device)
    }
    for (const device of new Set(devices)) {
      const offsets = offsetsOf(service.accepted.filter(message => message.key() === device))
      t.deepEqual(offsets, offsets.toSorted(rising))
    }
  }
)

test('a batch that is delivered as a whole says so once', async t => {
  const delivery = new Delivery(batchOf(['a', 'b', 'a']).messages, message => message.key())
  const service = new Service(delivery, 1)
  while (service.send()) service.answer({ which: 0, answer: delivered })
  t.is(await delivery.outcome, delivered)
  t.is(await new Delivery([], () => null).outcome, delivered)
})
