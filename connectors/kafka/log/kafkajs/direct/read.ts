// Reads a range of one partition without a consumer group: one fetch at a time, so no more than that is ever in
// memory. What breaks off is taken up where it stopped, on new connections, for a bounded time.

import type { Cluster } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import { type Clock, pauseFor } from '../../../../clock.ts'
import type { LogRecord, ReadRange } from '../../log.ts'
import { noLeader } from '../../ranges.ts'
import { RecordChunk } from '../../record-chunk.ts'
import { kafkaFault } from '../client.ts'
import type { FetchedBatch, FetchedPartition, FetchResponse } from '../fetch/types.ts'
import type { ReadConnection, ReadConnections } from './read-connections.ts'

export interface ReadEnv {
  readonly connections: ReadConnections
  readonly clock: Clock
  /** How long it is tried again without any success before it rejects. */
  readonly patienceMs: number
}

const largestFetchBytes = 1_048_576
const maxWaitMs = 500
const retryMs = 250

/** What trying again does not mend. */
const lasting = new Set(['kafka_unauthorized', 'topic_missing', 'position_lost', 'records_corrupt'])

/** The records of the range in order. Rejects as LogAdmin.read says. */
export async function* readRange(env: ReadEnv, range: ReadRange): AsyncGenerator<LogRecord> {
  const reader = new RangeReader(env.connections, range)
  let failingSinceMs: number | null = null
  try {
    while (reader.next < range.to) {
      let batches: readonly FetchedBatch[] | null
      try {
        batches = await reader.fetch()
        failingSinceMs = null
      } catch (error) {
        failingSinceMs ??= env.clock.now()
        await reader.close()
        checkWorthwhile(error, env.clock.now() - failingSinceMs > env.patienceMs)
        await pauseFor(env.clock, retryMs)
        continue
      }
      if (batches === null) return
      for (const batch of batches) yield* recordsOf(range, batch)
    }
  } finally {
    await reader.end()
  }
}

/** Throws the fault of the port unless trying again may help. */
function checkWorthwhile(error: unknown, late: boolean): void {
  const fault = kafkaFault(error)
  if (lasting.has(fault.code)) throw fault
  if (late && fault.code === 'kafka_no_leader') throw fault
  if (late) throw new FaultError('kafka_unreachable', { detail: fault.message, cause: error })
}

class RangeReader {
  next: number
  readonly #connections: ReadConnections
  readonly #range: ReadRange
  #connection: ReadConnection | null = null

  constructor(connections: ReadConnections, range: ReadRange) {
    this.#connections = connections
    this.#range = range
    this.next = range.from
  }

  /** The next record batches; null where the partition ends before the range does. */
  async fetch(): Promise<readonly FetchedBatch[] | null> {
    this.#connection ??= await this.#connections.take()
    const connection = this.#connection
    await connection.cluster.addTargetTopic(this.#range.topic)
    connection.fault = null
    const fetched = await this.#fetch(connection.cluster)
    const last = fetched.messages.at(-1)
    // What could be read before the damage is handed out first; the next fetch meets the damage alone.
    if (last === undefined && connection.fault !== null) throw connection.fault
    if (last === undefined) return this.next >= endOf(fetched) ? null : []
    this.next = Math.max(this.next, last.chunk.lastOffset + 1)
    return fetched.messages
  }

  /** Gives its connection to whoever reads next. */
  async end(): Promise<void> {
    if (this.#connection !== null) await this.#connections.give(this.#connection)
    this.#connection = null
  }

  /** Closes its connection, which has failed. */
  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = null
  }

  async #fetch(cluster: Cluster): Promise<FetchedPartition<FetchedBatch>> {
    const { topic, partition, maxFetchBytes: maxBytes = largestFetchBytes } = this.#range
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new FaultError('topic_missing', { path: `${topic}/${partition}` })
    if (nodeId === '-1') throw noLeader(topic, [partition])
    const broker = await cluster.findBroker({ nodeId })
    // What our decoder makes of a response in the place of kafkajs' own.
    const { responses }: FetchResponse<FetchedBatch> = await broker.fetch({
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(this.next), maxBytes }] }]
    })
    const fetched = responses[0]?.partitions[0]
    if (fetched === undefined) throw new Error('Kafka gave no answer for the partition')
    return fetched
  }
}

/** Where a reader of committed records must stop. */
function endOf({ lastStableOffset, highWatermark }: FetchedPartition<unknown>): number {
  return Number(lastStableOffset ?? highWatermark)
}

function* recordsOf({ topic, partition, to }: ReadRange, { chunk }: FetchedBatch): Generator<LogRecord> {
  const cursor = new RecordChunk({ topic, partition }, chunk, 0)
  while (cursor.next()) {
    if (cursor.offset >= to) return
    yield cursor.record()
  }
}
