// The range of one partition, for who needs no other: that nobody leads some other partition of the topic is nothing to it.

import { FaultError } from '../../../schemas/errors.ts'
import type { LogAdmin, PartitionRange, TopicRanges } from './log.ts'
import type { TopicPartition } from './message.ts'

/** Undefined where there is no such partition. Rejects with `kafka_no_leader` where nobody leads it, and as LogAdmin does. */
export async function rangeOf(
  admin: Pick<LogAdmin, 'rangesWithLeader'>,
  { topic, partition }: TopicPartition
): Promise<PartitionRange | undefined> {
  return rangeIn(await admin.rangesWithLeader(topic), { topic, partition })
}

/** The same out of what was asked already. */
export function rangeIn(
  { ranges, leaderless }: TopicRanges,
  { topic, partition }: TopicPartition
): PartitionRange | undefined {
  if (leaderless.includes(partition)) throw noLeader(topic, [partition])
  return ranges.find(range => range.partition === partition)
}

/** Nobody leads these partitions of the topic. */
export function noLeader(topic: string, partitions: readonly number[]): FaultError {
  return new FaultError('kafka_no_leader', { path: partitions.map(one => `${topic}/${one}`).join(', ') })
}
