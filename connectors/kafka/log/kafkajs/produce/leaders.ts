// Who leads the partitions of topics, as far as one cluster was asked: only for the topics that are sent to, each with an answer
// of its own. One request is under way at a time, since kafkajs makes its brokers of the answers; what is asked for meanwhile
// shares the next one.

import type { Clock } from '../../../../clock.ts'
import { topicError } from '../direct/metadata.ts'
import type { ProduceBrokers } from './cluster.ts'

/** The nodes that lead its partitions, -1 for nobody; or the error that a broker answered for the topic. */
export type TopicLeaders = { readonly leaders: readonly number[] } | { readonly error: Error }

/** Leaders that moved are noticed by failures; this is for partitions that were moved quietly. */
const maxAgeMs = 60_000

interface Known {
  readonly found: TopicLeaders
  readonly atMs: number
}

export class Leaders {
  readonly #brokers: ProduceBrokers
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  #wanted = new Set<string>()
  /** Never rejects. */
  #asking: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #isClosed = false

  constructor(brokers: ProduceBrokers, clock: Clock) {
    this.#brokers = brokers
    this.#clock = clock
  }

  /** Of a topic of which nothing is known nobody leads any partition. */
  of(topic: string): TopicLeaders {
    return this.#known.get(topic)?.found ?? { leaders: [] }
  }

  /** Asks for what is not known of these, or was known too long ago. Rejects with what kafkajs threw. */
  async learn(topics: Iterable<string>): Promise<void> {
    const oldMs = this.#clock.now() - maxAgeMs
    const unknown = [...topics].filter(topic => {
      const known = this.#known.get(topic)
      return known === undefined || 'error' in known.found || known.atMs < oldMs
    })
    if (unknown.length > 0) await this.ask(unknown)
  }

  /** Asks for these, whatever is known. Rejects with what kafkajs threw. */
  ask(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) this.#wanted.add(topic)
    this.#next ??= this.#asking.then(() => this.#askNow())
    return this.#next
  }

  /** What is known may be wrong by now. */
  forget(): void {
    this.#known.clear()
  }

  /** The cluster was given up, and must not connect again: whoever still waits to ask is told so. */
  close(): void {
    this.#isClosed = true
  }

  async #askNow(): Promise<void> {
    const topics = [...this.#wanted]
    this.#wanted = new Set()
    this.#next = undefined
    const asked = this.#askAny(topics)
    this.#asking = asked.catch(() => undefined)
    await asked
    const atMs = this.#clock.now()
    // Topics may be made of fields of messages: those that nobody sends to any more are let go.
    for (const [topic, known] of this.#known) if (known.atMs < atMs - maxAgeMs) this.#known.delete(topic)
    for (const one of this.#brokers.metadata?.topicMetadata ?? []) {
      const error = topicError(one)
      const leaders: number[] = one.partitionMetadata.map(() => -1)
      for (const { partitionId, leader } of one.partitionMetadata) leaders[partitionId] = leader
      this.#known.set(one.topic, { found: error === undefined ? { leaders } : { error }, atMs })
    }
  }

  /** One that is connected, and while it fails another that is. */
  async #askAny(topics: readonly string[]): Promise<void> {
    for (let left = connectedOf(this.#brokers); ; left--) {
      if (this.#isClosed) throw new Error('the connections were given up')
      try {
        await this.#brokers.refreshMetadata(topics)
        return
      } catch (error) {
        if (left <= 1 || connectedOf(this.#brokers) === 0) throw error
      }
    }
  }
}

function connectedOf({ brokers }: ProduceBrokers): number {
  return Object.values(brokers).filter(broker => broker.isConnected()).length
}
