// Fetches ahead: while the records of one response are handed over, the broker already sends those that follow them.
// kafkajs asks a broker again only when everything was handed over, so that each would wait for the other.
//
// Why this is safe. Nothing is handed over from here: what was fetched ahead is only the answer to a fetch that kafkajs
// makes later, and only when it then asks for the very same partitions from the very same offsets. What consumers may
// see at an offset never changes, so it does not matter when it was read. After a pause, a resume, a seek or a join
// kafkajs asks for something else, or in another generation, and what was fetched is dropped. It is fetched only where
// Kafka says that it holds more, and without waiting for records: a stream that has caught up fetches nothing ahead.
// Fetches have a connection of their own (kafkajs' connectionPool.js), so no heartbeat, commit or join waits for one.

import type { FetchedBatch, FetchResponse, NextPosition, UnreadResponse } from './types.ts'

/** What kafkajs passes to `broker.fetch`, as far as it matters here. */
export interface FetchRequest {
  /** How long the broker may wait for records, in ms. */
  readonly maxWaitTime: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
  }[]
}

type Fetch = (request: FetchRequest) => Promise<UnreadResponse>

/** The request that is to come next if nothing is paused, moved or taken away until then. */
interface Expected {
  readonly key: string
  readonly generation: number
  /** What was fetched ahead for it; null when nothing was, or when that failed. */
  readonly response: Promise<UnreadResponse | null> | null
}

/** The fetches from one broker. At most one response is kept beside the one that is being handed over. */
export class FetchAhead {
  readonly #fetch: Fetch
  readonly #generation: () => number
  #expected: Expected | null = null

  /** `generation`: that of the group as it is now; a join changes it. */
  constructor(fetch: Fetch, generation: () => number) {
    this.#fetch = fetch
    this.#generation = generation
  }

  /** As the broker answers it, or what it answered ahead. Rejects only with what this very fetch met. */
  async fetch(request: FetchRequest): Promise<FetchResponse<FetchedBatch>> {
    const generation = this.#generation()
    const expected = this.#expected
    this.#expected = null
    const isExpected = expected?.key === keyOf(request) && expected.generation === generation
    const response = (isExpected && (await expected.response)) || (await this.#fetch(request))
    if (response.next.some(({ hasMore }) => hasMore)) {
      const following = requestAfter(request, response.next)
      // Only after what was expected came: a stream that keeps pausing would have most of it dropped.
      const ahead = isExpected ? this.#fetch(following).catch(() => null) : null
      this.#expected = { key: keyOf(following), generation, response: ahead }
    }
    return response.read()
  }
}

/** kafkajs keeps the order of its assignment. */
function keyOf({ topics }: FetchRequest): string {
  const keys = topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, fetchOffset }) => `${topic}/${partition}@${fetchOffset}`)
  )
  return keys.join()
}

/** Goes on where the response ended, and does not wait for records. */
function requestAfter(request: FetchRequest, next: readonly NextPosition[]): FetchRequest {
  const offsets = new Map(
    next.map(({ topic, partition, offset }) => [`${topic}/${partition}`, String(offset)])
  )
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(asked => ({
      ...asked,
      fetchOffset: offsets.get(`${topic}/${asked.partition}`) ?? asked.fetchOffset
    }))
  }))
  return { ...request, maxWaitTime: 0, topics }
}
