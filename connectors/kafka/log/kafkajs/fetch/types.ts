// The shapes that pass between kafkajs and our decoding. Those of kafkajs are what its 2.2.4 does inside, not what its
// typings say; internals.test.ts fails when they change.

import type { ChunkSource } from '../../record-chunk.ts'
import type { KafkajsRecord } from './encode.ts'

/**
 * What stands for a message in kafkajs' Batch: a whole record batch. kafkajs only looks at `offset` and
 * `isControlRecord`. Control batches, the batches of aborted transactions and batches emptied by compaction come as
 * chunks without records, so that a commit can move past them.
 */
export interface FetchedBatch {
  /** The last offset that the batch covers, in decimal. */
  readonly offset: string
  readonly isControlRecord: false
  /** Without the records before the fetched position. Walking it cannot throw: it was walked once when decoded. */
  readonly chunk: ChunkSource
}

/** One partition of a decoded Fetch response, as kafkajs' Batch takes it. */
export interface FetchedPartition<Message> {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly lastStableOffset?: string
  readonly lastStartOffset?: string
  /** Null where the isolation level is read uncommitted. */
  readonly abortedTransactions?: readonly { producerId: string; firstOffset: string }[] | null
  readonly preferredReadReplica?: number
  readonly messages: readonly Message[]
}

/** A decoded Fetch response, as kafkajs' parse takes it. */
export interface FetchResponse<Message> {
  readonly throttleTime?: number
  readonly clientSideThrottleTime?: number
  readonly errorCode?: number
  readonly sessionId?: number
  readonly responses: readonly {
    readonly topicName: string
    readonly partitions: readonly FetchedPartition<Message>[]
  }[]
}

/** A response whose records were not looked at yet. */
export interface UnreadResponse extends FetchResponse<never> {
  /** Where the next fetch goes on, for the partitions that records came of. */
  readonly next: readonly NextPosition[]
  /** Decodes the records; to be called once. Rejects with `records_corrupt`. */
  read(): Promise<FetchResponse<FetchedBatch>>
}

export interface NextPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Kafka holds further records from there on. */
  readonly hasMore: boolean
}

/** A Fetch request with its response, as kafkajs makes it. The decoder may be kafkajs' or ours. */
export interface FetchProtocol<Decoded = FetchResponse<KafkajsRecord>> {
  readonly request: { readonly apiVersion: number }
  readonly response: {
    decode(bytes: Buffer): Promise<Decoded>
    parse(response: FetchResponse<unknown>): Promise<unknown>
  }
}
