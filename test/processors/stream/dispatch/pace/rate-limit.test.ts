import test from 'ava'
import { VirtualClock } from '../../../../../connectors/virtual-clock.ts'
import { RateLimit } from '../../../../../processors/stream/dispatch/pace/rate-limit.ts'
import type { RateLimitConfig } from '../../../../../schemas/stream.ts'

const limits = { maxMessages: 100, maxBytes: 1_000_000, batchesInFlight: 8 }
const messageBytes = 200

interface Sent {
  readonly atMs: number
  readonly messages: number
}

/** A process that always has more to send than it may. */
class Backlog {
  readonly rate: RateLimit
  readonly sent: Sent[] = []
  waitedSeconds = 0
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock, limit: RateLimitConfig, share: () => number) {
    this.#clock = clock
    this.rate = new RateLimit(clock, limit, {
      share,
      opened: () => this.pump(),
      waited: seconds => {
        this.waitedSeconds += seconds
      }
    })
  }

  get messages(): number {
    return this.sent.reduce((sum, { messages }) => sum + messages, 0)
  }

  pump(): void {
    while (this.rate.isOpen()) {
      const { maxMessages, maxBytes } = this.rate.capped(limits)
      const messages = Math.min(maxMessages, Math.max(1, Math.floor(maxBytes / messageBytes)))
      this.rate.spend(messages, messages * messageBytes)
      this.sent.push({ atMs: this.#clock.now(), messages })
    }
  }
}

/** The most that was sent in any ten seconds. */
function mostIn10s(sent: readonly Sent[]): number {
  const sorted = sent.toSorted((a, b) => a.atMs - b.atMs)
  let [first, sum, most] = [0, 0, 0]
  for (const { atMs, messages } of sorted) {
    sum += messages
    while ((sorted[first]?.atMs ?? atMs) <= atMs - 10_000) sum -= sorted[first++]?.messages ?? 0
    most = Math.max(most, sum)
  }
  return most
}

test('a backlog is sent a hundredth below the limit, without a burst at its beginning', async t => {
  const clock = new VirtualClock()
  const backlog = new Backlog(clock, { messagesPerSecond: 500 }, () => 1)
  backlog.pump()
  await clock.advance(60_000)
  t.true(backlog.messages >= 0.985 * 500 * 60 && backlog.messages <= 500 * 60, `${backlog.messages}`)
  t.true(mostIn10s(backlog.sent) <= 5_000, `${mostIn10s(backlog.sent)}`)
  t.true(backlog.waitedSeconds > 50)
})

test('what was not sent while there was nothing to send is not made up for', async t => {
  const clock = new VirtualClock()
  const backlog = new Backlog(clock, { messagesPerSecond: 500 }, () => 1)
  await clock.advance(3_600_000)
  backlog.pump()
  await clock.advance(10_000)
  t.true(mostIn10s(backlog.sent) <= 5_000)
})

test('processes that come and go keep the limit together', async t => {
  const clock = new VirtualClock()
  const shares = [12 / 12, 0, 0]
  const crew = shares.map((_, at) => new Backlog(clock, { messagesPerSecond: 500 }, () => shares[at] ?? 0))
  const deal = (...parts: number[]) => {
    for (const [at, part] of parts.entries()) shares[at] = part / 12
    for (const one of crew) one.pump()
  }
  for (const parts of [
    [12, 0, 0],
    [6, 6, 0],
    [4, 4, 4],
    [0, 6, 6],
    [0, 0, 12]
  ]) {
    deal(...parts)
    await clock.advance(15_000)
  }
  const sent = crew.flatMap(one => one.sent)
  t.true(mostIn10s(sent) <= 5_050, `${mostIn10s(sent)}`)
  t.true(sent.reduce((sum, one) => sum + one.messages, 0) >= 0.975 * 75 * 500)
})

test('a timer that fires late is made up for', async t => {
  const clock = new VirtualClock()
  const late = {
    now: () => clock.now(),
    random: () => 0,
    after: (ms: number, fn: () => void) => clock.after(ms + 5, fn)
  }
  const backlog = new Backlog(late as unknown as VirtualClock, { messagesPerSecond: 500 }, () => 1)
  backlog.pump()
  await clock.advance(60_000)
  t.true(backlog.messages >= 0.98 * 500 * 60, `${backlog.messages}`)
})

test('requests and bytes are limited alike, and the tightest limit counts', async t => {
  const sentWith = async (limit: RateLimitConfig) => {
    const clock = new VirtualClock()
    const backlog = new Backlog(clock, limit, () => 0.5)
    backlog.pump()
    await clock.advance(100_000)
    return { requests: backlog.sent.length, messages: backlog.messages }
  }
  const requests = await sentWith({ requestsPerSecond: 4 })
  t.true(requests.requests >= 196 && requests.requests <= 201, `${requests.requests}`)
  t.is(requests.messages, requests.requests * limits.maxMessages)
  const bytes = await sentWith({ bytesPerSecond: 100_000 })
  t.true(bytes.messages >= 24_500 && bytes.messages <= 25_100, `${bytes.messages}`)
  const both = await sentWith({ requestsPerSecond: 4, messagesPerSecond: 100 })
  t.true(both.messages >= 4_850 && both.messages <= 5_050, `${both.messages}`)
  t.true(both.requests <= 201, `${both.requests}`)
})

test('without a limit nothing waits and batches stay as they are', t => {
  const clock = new VirtualClock()
  const rate = new RateLimit(clock, {}, { share: () => 0, opened: () => {}, waited: () => {} })
  for (let batch = 0; batch < 1_000; batch++) {
    t.true(rate.isOpen())
    rate.spend(100, 20_000)
  }
  t.is(rate.capped(limits), limits)
  t.is(clock.waiting, 0)
})

test('even the smallest share sends one message after the other', async t => {
  const clock = new VirtualClock()
  const backlog = new Backlog(clock, { messagesPerSecond: 1, bytesPerSecond: 10 }, () => 0.1)
  backlog.pump()
  t.deepEqual(
    backlog.sent.map(({ messages }) => messages),
    [1]
  )
  await clock.advance(1_000_000)
  t.true(backlog.messages >= 5 && backlog.messages <= 6, `${backlog.messages}`) // 200 bytes each at 1 byte/s
})
