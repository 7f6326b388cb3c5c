// The first records that a stream owes: in each partition that it has, what Kafka's retention would take from it first.

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { Partition } from '../assignment/partition.ts'
import type { Held } from '../held/held.ts'
import { ReleasedMessage } from '../held/release/released-message.ts'

/** The first record of a partition that is not settled. */
export interface FirstOwed extends TopicPartition {
  /** Null: the partition is not open, so it is not known yet. */
  readonly offset: number | null
  /** When Kafka got it, in Unix ms; null where it is not in memory. */
  readonly timeMs: number | null
  /** It stands in the held topic. */
  readonly isHeld: boolean
}

/** Of partitions of which nothing is owed there is none. */
export function firstsOwed(partitions: readonly Partition[], held: Pick<Held, 'firstsWaiting'>): FirstOwed[] {
  const ofChannels = partitions.flatMap((partition): FirstOwed[] => {
    const { origin, tracker, lag } = partition
    if (tracker === null) return [{ ...origin, offset: null, timeMs: null, isHeld: false }]
    const { base } = tracker
    return lag === 0 ? [] : [{ ...origin, offset: base, timeMs: timeOf(partition, base), isHeld: false }]
  })
  return [...ofChannels, ...held.firstsWaiting.map(first => ({ ...first, timeMs: null, isHeld: true }))]
}

/** When Kafka got the first message that is owed, if that waits for its turn or is on its way. */
function timeOf({ lanes, unread, tracker }: Partition, base: number): number | null {
  for (const { oldest } of lanes)
    if (oldest?.offset === base && !(oldest instanceof ReleasedMessage)) return oldest.timestampMs
  return tracker?.next === base ? (unread.head?.timestampMs ?? null) : null
}
