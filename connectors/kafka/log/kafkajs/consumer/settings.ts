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

export function consumerSettings({ group, maxFetchBytes }: LogConsumerOptions): ConsumerConfig {
  return {
    groupId: group,
    allowAutoTopicCreation: false,
    // A dead process is replaced after this. Nothing here keeps a member from its heartbeats for longer than a drain.
    sessionTimeout: 8_000,
    heartbeatInterval: 1_000,
    rebalanceTimeout: 30_000,
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
