// One run of chaos: three Tailrace processes on a Kafka of three nodes, half of the fleet sending over HTTP and half
// straight into Kafka, and a storm over all of it. Afterwards everything must arrive, as it was sent, in order, and as
// rarely twice as the faults allow.

import type { Findings, FlowCase } from '../flows/cases/case.ts'
import { short } from '../flows/cases/case.ts'
import { type CaseResult, hasPassed, runCase } from '../flows/harness/run.ts'
import type { Scene } from '../flows/harness/scene.ts'
import { Crew } from './crew.ts'
import { drawSchedule, firstCrew } from './schedule.ts'
import { Storm } from './storm.ts'
import { type Books, noBooks } from './watch/scrapes.ts'
import { Watches } from './watch/watches.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly minutes: number
  readonly perSecond: number
  /** Told one line every few seconds, and one for every fault. */
  readonly progress: (line: string) => void
}

export interface ChaosResult extends CaseResult {
  readonly seed: number
  readonly minutes: number
  /** How many there were of each kind. */
  readonly faults: Readonly<Record<string, number>>
  /** What Prometheus scraped. */
  readonly books: Books
}

const progressEveryMs = 10_000
/** For everything to arrive once the storm is over. */
const settleLimitMs = 240_000

export { hasPassed }

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, minutes, perSecond } = options
  let faults = {}
  let books = noBooks
  const flow: FlowCase = {
    letter: 'chaos',
    title: `chaos with seed ${seed}`,
    nodes: 3,
    async run(scene) {
      const play = new Play(scene, options)
      faults = play.faults
      return play.run().finally(() => {
        books = play.books
      })
    }
  }
  const result = await runCase(flow, { ...short, perSecond }, [])
  return { ...result, seed, minutes, faults, books }
}

/** Rejects when `playing` is not over in time. */
async function within<T>(limitMs: number, playing: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const giveUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it was not over after ${limitMs / 1000} s`)), limitMs)
  })
  return Promise.race([playing, giveUp]).finally(() => clearTimeout(timer))
}

class Play {
  readonly #scene: Scene
  readonly #options: ChaosOptions
  readonly #watches: Watches
  readonly #crew: Crew
  readonly #storm: Storm
  readonly #startedMs = Date.now()
  books = noBooks

  constructor(scene: Scene, options: ChaosOptions) {
    const { kafka } = scene
    if (kafka === undefined) throw new Error('chaos needs a Kafka of its own')
    this.#scene = scene
    this.#options = options
    const tell = (what: string) => this.#tell(what)
    this.#watches = new Watches(scene, kafka, tell)
    this.#crew = new Crew(scene, this.#watches)
    this.#storm = new Storm({ scene, kafka, crew: this.#crew, began: tell })
  }

  get faults(): Readonly<Record<string, number>> {
    return this.#storm.faults
  }

  async run(): Promise<Findings> {
    const progress = setInterval(() => this.#tell(this.#figures), progressEveryMs)
    const lengthMs = this.#options.minutes * 60_000
    const limitMs = lengthMs + settleLimitMs
    try {
      this.books = await within(limitMs, this.#perform(lengthMs))
    } finally {
      clearInterval(progress)
      await this.#watches.end()
    }
    const complaints = [...this.#crew.complaints(), ...this.#watches.complaints(), ...this.books.complaints]
    return { complaints, notes: [] }
  }

  async #perform(lengthMs: number): Promise<Books> {
    const { seed, perSecond } = this.#options
    await this.#watches.scrapes.ready()
    for (const slot of firstCrew) await this.#crew.start(slot)
    await this.#crew.running()
    await this.#watches.start()
    const half = Math.ceil(this.#scene.fleet.devices.length / 2)
    const [posting, storing] = [
      this.#scene.fleet.devices.slice(0, half),
      this.#scene.fleet.devices.slice(half)
    ]
    const senders = [
      this.#scene.sendTo(() => this.#crew.taking, perSecond / 2, posting),
      this.#scene.sendToKafka(perSecond / 2, storing)
    ]
    await this.#storm.run(drawSchedule(seed, lengthMs))
    this.#tell('the storm is over')
    await Promise.all(senders.map(sender => sender.finish(0)))
    this.#tell('everything is sent')
    await this.#scene.settle()
    return this.#watches.scrapes.books()
  }

  get #figures(): string {
    const { fleet, ledger } = this.#scene
    let sent = 0
    for (const issued of fleet.issued.values()) sent += issued
    const { distinct, arrivals, outOfOrder, altered } = ledger
    return `sent ${sent}, arrived ${distinct}, again ${arrivals - distinct}, late ${outOfOrder}, altered ${altered}`
  }

  #tell(what: string): void {
    this.#scene.receiver.note(`# ${what}`)
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(1)
    this.#options.progress(`${seconds.padStart(7)} s  ${what}`)
  }
}
