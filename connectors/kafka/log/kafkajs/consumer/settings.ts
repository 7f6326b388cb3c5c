// The settings of kafkajs' consumer; its src/consumer tells what they do.

import type { ConsumerConfig } from 'kafkajs'
import type { LogConsumerOptions } from '../../log.ts'

/** How often kafkajs repeats a failed step before it gives the consumer up: about 20 s. */
const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20, restartOnFailure: async () => false }

/**
 * How long a fetch may wait for records. Records end it at once; a resume, a seek, a stop and a rebalance are only
 * noticed after it. So it is short as long as there is something to steer, and longer at rest to spare the processor.
 */
export const fetchWaitMs = { busy: 200, idle: 1_500 } as const

export const heartbeatMs = 1_000

/** How long Kafka waits for a member to join anew before it goes on without it. */
const rebalanceTimeoutMs = 30_000

/**
 * How long a join may be held up until what is settled is committed: through the death of a broker, during which Kafka
 * takes no commit. Of Kafka's patience it leaves the time until a member hears of the rebalance, and the 5 s for which
 * Kafka may hold the last commit (offsets.commit.timeout.ms) with the join behind it.
 */
export const gateLimitMs = rebalanceTimeoutMs - 13_000

export function consumerSettings(options: LogConsumerOptions): ConsumerConfig {
  const maxFetchBytes = options.maxFetchBytes()
  return {
    groupId: options.group,
    allowAutoTopicCreation: false,
    // A dead process is replaced after this.
    sessionTimeout: 8_000,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    metadataMaxAge: 60_000,
    maxWaitTimeInMs: fetchWaitMs.busy,
    minBytes: 1,
    maxBytes: maxFetchBytes,
    // 1 MiB at most by the bounds of the budget: kafkajs spends about a millisecond on each fetch, whatever is in it.
    // A quarter, or one partition would fill its window several times over with a single fetch.
    maxBytesPerPartition: Math.ceil(maxFetchBytes / 4),
    retry
  }
}
