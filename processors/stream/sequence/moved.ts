// Why a stream halts rather than give a number a second time: what tells which numbers were given is gone, or elsewhere.

import type { CommittedPosition, TopicSpec } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { metadataOf } from '../assignment/opening.ts'
import type { NumbersMark } from '../settlement/commit-metadata.ts'

export interface NumbersFound {
  /** Of the numbers that the partition holds; null: it holds none. */
  readonly highest: number | null
  /** What the commit says of them; null: that there were none. */
  readonly before: NumbersMark | null
  readonly startAt: number
}

/** Throws where more numbers were given than the partition knows, so that some would be given again now. */
export function checkFound(
  { topic, partition }: TopicPartition,
  { highest, before, startAt }: NumbersFound
): void {
  if (before === null || (highest === null ? startAt > before.highest : highest >= before.highest)) return
  const holds = highest === null ? 'none' : `those up to ${highest}`
  const detail = `numbers up to ${before.highest}, or a little above, were given, and it holds ${holds}`
  throw new FaultError('sequences_lost', { path: `${topic}/${partition}`, detail })
}

export function moved(detail: string): FaultError {
  return new FaultError('sequence_moved', { detail })
}

export interface NumbersTopic {
  readonly channel: TopicSpec
  /** The topic of the numbers. */
  readonly found: TopicSpec
  readonly startAt: number
  /** Of the group, in the channel. */
  readonly commits: readonly CommittedPosition[]
}

/** Throws unless all numbers that were given can be in the topic, each in the partition beside that of its device. */
export function checkTopic({ channel, found, startAt, commits }: NumbersTopic): void {
  const policy = found.settings['cleanup.policy']
  if (policy !== undefined && policy !== 'compact')
    throw new FaultError('topic_forgets', { path: found.name, detail: `cleanup.policy is ${policy}` })
  const counts = `${channel.name} has ${channel.partitions} partitions, ${found.name} ${found.partitions}`
  if (found.partitions !== channel.partitions) throw moved(counts)
  // Devices move with every partition that is added.
  const before = commits
    .flatMap(position => metadataOf(position)?.numbers ?? [])
    .find(({ partitions, highest }) => partitions !== found.partitions && highest >= startAt)
  if (before !== undefined) throw moved(`${counts}, and had ${before.partitions}`)
}
