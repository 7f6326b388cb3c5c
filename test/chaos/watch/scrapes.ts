// A real Prometheus that scrapes every process of a run, as it would in production: at the end its data have to show for
// each of them, whether it was stopped or killed, that every message read ended in exactly one counter or was pending.

import type { LogLine } from '../../flows/harness/instance.ts'
import { type Prometheus, type Sample, startPrometheus } from '../../prometheus.ts'

/** Each process listens on a port of its own, and gets its name as a label: a restarted one is another. */
const label = 'process'

const sum = (of: string) => `sum by (${label}) (${of})`

/** Of each process, what was read and neither ended nor is pending: 0 at every moment. `at` makes a series of a name. */
const imbalance = (at: (name: string) => string) =>
  [
    sum(at('tailrace_stream_messages_read_total')),
    sum(at('tailrace_stream_messages_ended_total')),
    sum(at('tailrace_stream_messages_pending'))
  ].join(' - ')

export interface Books {
  /** Processes that were scraped at all. */
  readonly processes: number
  readonly read: number
  readonly delivered: number
  readonly complaints: readonly string[]
}

export const noBooks: Books = { processes: 0, read: 0, delivered: 0, complaints: [] }

export class Scrapes {
  readonly #startedMs = Date.now()
  readonly #prometheus: Promise<Prometheus>
  readonly #targets = new Map<string, string>()

  constructor() {
    this.#prometheus = startPrometheus()
    this.#prometheus.catch(() => {}) // told by ready()
  }

  /** Resolves once it scrapes what is heard of. */
  async ready(): Promise<void> {
    await this.#prometheus
  }

  /** A line of a process' log: it may say where it can be scraped. */
  heard(process: string, { event, kind, port }: LogLine): void {
    if (event !== 'listener_opened' || kind !== 'admin' || port === undefined) return
    this.#targets.set(process, `127.0.0.1:${port}`)
    const targets = [...this.#targets].map(([name, address]) => ({ address, labels: { [label]: name } }))
    void this.#prometheus.then(prometheus => prometheus.scrape(targets))
  }

  /** What the data say, each process by itself: at the last scrape of it, and at every second before. */
  async books(): Promise<Books> {
    const prometheus = await this.#prometheus
    const range = `${Math.ceil((Date.now() - this.#startedMs) / 1000)}s`
    const last = (name: string) => `last_over_time(${name}[${range}])`
    const ask = (query: string) => prometheus.query(query)
    const atTheEnd = await ask(imbalance(last))
    const everBefore = await ask(`max_over_time((abs(${imbalance(name => name)}))[${range}:1s])`)
    const [read] = await ask(`sum(${last('tailrace_stream_messages_read_total')})`)
    const [delivered] = await ask(`sum(${last('tailrace_stream_messages_ended_total{end="delivered"}')})`)
    return {
      processes: atTheEnd.length,
      read: read?.value ?? 0,
      delivered: delivered?.value ?? 0,
      complaints: [...complaints('at its last scrape', atTheEnd), ...complaints('in between', everBefore)]
    }
  }

  async stop(): Promise<void> {
    await (await this.#prometheus).stop()
  }
}

function complaints(when: string, imbalances: readonly Sample[]): string[] {
  return imbalances
    .filter(({ value }) => value !== 0)
    .map(({ labels, value }) => `${labels[label]}: ${value} messages do not balance ${when}`)
}
