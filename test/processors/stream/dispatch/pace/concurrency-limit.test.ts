import test from 'ava'
import { delivered, type Failure } from '../../../../../connectors/connector.ts'
import { VirtualClock } from '../../../../../connectors/virtual-clock.ts'
import { ConcurrencyLimit } from '../../../../../processors/stream/dispatch/pace/concurrency-limit.ts'

const throttled: Failure = { kind: 'retry', code: 'http_throttled', detail: 'HTTP 429' }
const refused: Failure = { kind: 'retry', code: 'http_success_unlisted', detail: 'HTTP 200' }

interface Receiver {
  /** Requests it works on at the same time. */
  slots: number
  /** What it takes for one, in ms. */
  serviceMs: () => number
  /** What comes above that is answered with 429 at once; else it waits for its turn. */
  readonly isStrict?: boolean
}

/** Keeps as many attempts in flight as the limit allows, against a receiver with a limit of its own. */
class Load {
  readonly clock = new VirtualClock()
  readonly limit: ConcurrencyLimit
  readonly receiver: Receiver
  done = 0
  throttled = 0
  #inFlight = 0
  #atWork = 0
  readonly #queue: (() => void)[] = []

  constructor(receiver: Receiver, { max = 256, isAdaptive = true } = {}) {
    this.receiver = receiver
    this.limit = new ConcurrencyLimit(this.clock, { max, isAdaptive })
  }

  /** Returns what the limit was each half second. */
  async run(seconds: number): Promise<number[]> {
    const seen: number[] = []
    this.#send()
    for (let half = 0; half < seconds * 2; half++) {
      await this.clock.advance(500)
      seen.push(this.limit.found)
    }
    return seen
  }

  #send(): void {
    while (this.#inFlight < this.limit.value) {
      const start = this.limit.begin(++this.#inFlight)
      const end = (outcome: typeof delivered | Failure) => {
        this.#inFlight--
        this.limit.ended(start, outcome)
        if (outcome === delivered) this.done++
        else this.throttled++
        this.#send()
      }
      this.#receive(end)
    }
  }

  #receive(end: (outcome: typeof delivered | Failure) => void): void {
    const { slots, isStrict, serviceMs } = this.receiver
    const work = () => {
      this.#atWork++
      this.clock.after(serviceMs(), () => {
        this.#atWork--
        while (this.#atWork < this.receiver.slots && this.#queue.length > 0) this.#queue.shift()?.()
        end(delivered)
      })
    }
    if (this.#atWork < slots) work()
    else if (isStrict) this.clock.after(1, () => end(throttled))
    else this.#queue.push(work)
  }
}

const within = (values: readonly number[], least: number, most: number) =>
  values.every(value => value >= least && value <= most)

for (const isStrict of [false, true]) {
  const kind = isStrict ? 'refuses with 429 what is above' : 'lets wait what is above'
  test(`finds the hidden limit of a target that ${kind}, and follows it`, async t => {
    const load = new Load({ slots: 20, serviceMs: () => 50, isStrict })
    await load.run(30)
    const before = load.done
    const settled = await load.run(60)
    t.true(within(settled, 15, 25), `${settled}`)
    t.true(load.done - before >= 0.85 * 60 * 20 * 20, `${(load.done - before) / (60 * 20 * 20)}`)
    load.receiver.slots = 40
    await load.run(30)
    const more = await load.run(30)
    t.true(within(more, 32, 48), `${more}`)
    load.receiver.slots = 8
    await load.run(30)
    const less = await load.run(30)
    t.true(within(less, 6, 12), `${less}`)
  })
}

test('is hardly ever told that it is too much, once it has settled', async t => {
  const load = new Load({ slots: 20, serviceMs: () => 50, isStrict: true })
  await load.run(30)
  const before = load.throttled
  await load.run(60)
  t.true(load.throttled - before < 30, `${load.throttled - before}`)
})

test('latencies that differ by chance are no sign', async t => {
  const receiver: Receiver = { slots: 1_000, serviceMs: () => 20 + 60 * load.clock.random() }
  const load: Load = new Load(receiver, { max: 32 })
  await load.run(20)
  const settled = await load.run(60)
  const mean = settled.reduce((sum, one) => sum + one, 0) / settled.length
  t.true(mean > 24, `${mean}: ${settled}`)
})

test('a target that gets slower for everybody is not sent less for long', async t => {
  const load = new Load({ slots: 1_000, serviceMs: () => 50 }, { max: 32 })
  await load.run(20)
  load.receiver.serviceMs = () => 200
  await load.run(30)
  t.true(within(await load.run(10), 28, 32))
})

test('a queue that has stood since the beginning is found out', async t => {
  const load = new Load({ slots: 4, serviceMs: () => 50 })
  await load.run(60)
  const settled = await load.run(60)
  t.true(within(settled, 3, 8), `${settled}`)
})

test('is never above what the target takes, and learns nothing while that many are not needed', async t => {
  const load = new Load({ slots: 1_000, serviceMs: () => 10 }, { max: 16 })
  t.true(within(await load.run(10), 1, 16))
  t.is(load.limit.found, 16)
  const idle = new ConcurrencyLimit(load.clock, { max: 16, isAdaptive: true })
  for (let attempt = 0; attempt < 100; attempt++) {
    const start = idle.begin(0)
    await load.clock.advance(10)
    idle.ended(start, delivered)
  }
  t.is(idle.found, 1)
})

test('failures that are no sign of too much change nothing', async t => {
  const clock = new VirtualClock()
  const limit = new ConcurrencyLimit(clock, { max: 16, isAdaptive: true })
  for (let attempt = 0; attempt < 50; attempt++) {
    const start = limit.begin(limit.value)
    await clock.advance(10)
    limit.ended(start, delivered)
  }
  const { found } = limit
  limit.ended(limit.begin(found), refused)
  t.is(limit.found, found)
  limit.ended(limit.begin(1), throttled) // alone: it is away
  t.is(limit.found, found)
  limit.ended(limit.begin(found), [delivered, throttled])
  t.true(limit.found < found)
})

test('without being told to find out it is what the target says', async t => {
  const load = new Load({ slots: 2, serviceMs: () => 50, isStrict: true }, { max: 16, isAdaptive: false })
  t.true(within(await load.run(5), 16, 16))
})
