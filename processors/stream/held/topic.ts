// The held topic as Kafka must have it: a partition for each of every channel that the stream reads, records as large as
// theirs with what is said of them on top, and kept longer than anything may wait.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { ensureTopic, largestOf } from '../../../connectors/kafka/topics.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import type { HeldOptions } from './held.ts'

export interface HeldTopicOptions extends HeldOptions {
  /** The topics of the stream's channels. */
  readonly topics: readonly string[]
}

export async function ensureHeldTopic(
  admin: LogAdmin,
  { topic: name, topics, maxMs }: HeldTopicOptions,
  log: LogEvent
): Promise<void> {
  const specs = await Promise.all(topics.map(topic => admin.topic(topic)))
  const partitions = Math.max(1, ...specs.map(spec => spec?.partitions ?? 1))
  const maxMessageBytes = largestOf(specs)
  const retentionHours = Math.ceil((2 * maxMs) / 3_600_000)
  const found = await ensureTopic(admin, { name, partitions, retentionHours, maxMessageBytes }, log)
  if (found.partitions < partitions) await admin.raisePartitions(name, partitions)
  await admin.rangesWithLeader(name) // a broker that has just created a partition may not serve it yet, which would cost a rejoin
}
