// A hundred thousand messages to a receiver that takes some of each request, refuses others for good, puts some off, and
// now and then says something that cannot be understood: the real target and the real engine, in virtual time.

import test from 'ava'
import type { Dispatcher } from 'undici'
import { RequestController } from '../../../../connectors/http/controller.ts'
import type { Transport } from '../../../../connectors/http/request/transport.ts'
import { HttpTarget } from '../../../../connectors/http/target.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import type { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { decodeFacts } from '../../../../processors/stream/settlement/dead-letter.ts'
import { Rig, ScriptedTarget } from '../../../processors/stream/rig.ts'
import { seeded } from '../../../seeded.ts'
import { configAt } from '../harness.ts'

const messages = 100_000
const devices = 500
const random = seeded(20_261_127)

interface Sent {
  readonly id: string
  readonly ident: string
  readonly n: number
}

/** What it makes of a message is decided when it sees it first; what it has put off it takes a few requests later. */
class Receiver {
  readonly refused = new Map<string, string>()
  readonly accepted = new Map<string, number[]>()
  readonly putOff = new Map<string, number>()
  requests = 0
  unreadable = 0

  answer(sent: readonly Sent[]): unknown {
    this.requests++
    const answer = { errors: [] as object[], busy: [] as object[] }
    sent.forEach((message, item) => {
      const why = this.#judge(message)
      if (why === 'accepted')
        this.accepted.set(message.ident, [...(this.accepted.get(message.ident) ?? []), message.n])
      else if (why === 'busy') answer.busy.push({ item })
      else answer.errors.push({ item, why })
    })
    if (random() > 0.02) return answer
    this.unreadable++
    return { errors: [{ item: sent.length }] }
  }

  #judge({ id, n }: Sent): string {
    const times = this.putOff.get(id) ?? (random() < 0.05 ? 1 + Math.floor(random() * 3) : 0)
    this.putOff.set(id, times - 1)
    if (times > 0) return 'busy'
    const reason = this.refused.get(id)
    if (reason !== undefined) return reason
    if (random() >= 0.03 || times < 0) return 'accepted' // what was taken once is taken again
    this.refused.set(id, `no room for ${n}`)
    return `no room for ${n}`
  }
}

class PlayedReceiver implements Transport {
  readonly #clock: VirtualClock
  readonly #receiver: Receiver

  constructor(clock: VirtualClock, receiver: Receiver) {
    this.#clock = clock
    this.#receiver = receiver
  }

  async try(): Promise<void> {}

  dispatch({ body }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const controller = new RequestController()
    handler.onRequestStart?.(controller, {})
    this.#clock.after(20 + random() * 100, () => {
      const answer = this.#receiver.answer(JSON.parse(String(body)))
      handler.onResponseStart?.(controller, 207, {}, '')
      handler.onResponseData?.(controller, Buffer.from(JSON.stringify(answer)))
      handler.onResponseEnd?.(controller, {})
    })
  }

  async close(): Promise<void> {}
}

/** The real target, its receiver played, in the place of the scripted one. */
function targetWith(receiver: Receiver, clock: VirtualClock): ScriptedTarget {
  const config = configAt('http://receiver.example/', {
    messageId: { field: 'id' },
    parts: {
      lists: [
        { at: 'errors', index: 'item', reason: 'why', means: 'reject', meanings: {} },
        { at: 'busy', index: 'item', means: 'retry', meanings: {} }
      ],
      unnamed: 'delivered'
    }
  })
  const env = { stream: 'acme', clock, log: () => {}, mask: new Mask([]) }
  const http = new HttpTarget(config, env, new PlayedReceiver(clock, receiver))
  const target = Object.assign(new ScriptedTarget(), { limits: http.limits })
  target.script = (batch, signal) => http.deliver(batch, signal)
  return target
}

function sendAll({ log }: Rig): void {
  const producer = log.producer()
  for (let from = 0; from < messages; from += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, at) => {
      const n = from + at
      const ident = `d${(n * 7_919) % devices}`
      return { key: Buffer.from(ident), value: Buffer.from(JSON.stringify({ ident, n })) }
    })
    void producer.append('fleet', records)
  }
}

test('each is delivered once or set aside with the reason of the receiver, and what is put off keeps its order', async t => {
  t.timeout(120_000)
  const rig = new Rig(4)
  const receiver = new Receiver()
  const safetyStop = { rejected: 1_000, of: 1_000 }
  const { stream } = await rig.started({ safetyStop }, targetWith(receiver, rig.clock))
  sendAll(rig)
  const books = () => stream.status().accounts
  await rig.clock.until(() => books().delivered + books().dead_lettered >= messages, 3_600_000)
  await rig.clock.advance(10_000)
  const { refused, accepted, unreadable, putOff } = receiver
  t.like(books(), { read: messages, delivered: messages - refused.size, dead_lettered: refused.size })
  t.is(await rig.uncommitted(), 0)
  t.true(refused.size > 2_000 && unreadable > 20 && putOff.size === messages)

  const letters = await rig.deadLetters()
  const reasons = letters.map(({ value, headers }) => [
    JSON.parse(String(value)).n,
    decodeFacts(headers)?.answer
  ])
  const wanted = [...refused.values()].map(why => [
    Number(why.slice('no room for '.length)),
    `HTTP 207: ${why}`
  ])
  const byNumber = ([a]: unknown[], [b]: unknown[]) => Number(a) - Number(b)
  t.deepEqual(reasons.sort(byNumber), wanted.sort(byNumber))

  // A message behind one that was put off is sent again behind it: what counts is the last time that each was taken.
  let taken = 0
  for (const numbers of accepted.values()) {
    const last = [...new Set(numbers.toReversed())].reverse()
    taken += last.length
    t.true(last.every((n, at) => at === 0 || n > (last[at - 1] ?? 0)))
  }
  t.is(taken + refused.size, messages)
  const stopped = stream.stop(5_000)
  await rig.clock.advance(10_000)
  await stopped
})
