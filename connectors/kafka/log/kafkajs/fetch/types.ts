// The shapes that pass between kafkajs and our decoding. Those of kafkajs are what its 2.2.4 does inside, not what its
// typings say; internals.test.ts fails when they change.

import type { ChunkSource } from '../../record-chunk.ts'

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
