// What a kafkajs cluster does where nobody leads a partition, which is known of all others (metadata.ts): it asks again soon
// whether somebody does, and leaves the partition out where it asks for offsets. kafkajs would ask again after a minute, and
// fail for all partitions since there is no broker -1. All of it is kafkajs 2.2.4 from the inside.

import { FaultError } from '../../../../../schemas/errors.ts'
import type { TopicPartition } from '../../message.ts'
import type { TopicMetadata } from './metadata.ts'

/** How long an answer counts in which a partition has no leader. */
const leaderlessMaxAgeMs = 1_000

interface TopicOffsets {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number }[]
}

interface ClusterInside {
  readonly brokerPool: {
    refreshMetadata(topics: readonly string[]): Promise<unknown>
    /** What the last answer said; null before. */
    readonly metadata: { readonly topicMetadata: readonly TopicMetadata[] } | null
    /** Unix ms. */
    metadataExpireAt: number | null
  }
  fetchTopicsOffset(topics: readonly TopicOffsets[]): Promise<TopicOffsets[]>
}

/** Must be called before the cluster connects. Throws `internal` under another kafkajs. */
export function installLeaderless(cluster: object): void {
  const inside = cluster as ClusterInside // checked right below
  const { brokerPool } = inside
  if (
    typeof brokerPool?.refreshMetadata !== 'function' ||
    !('metadataExpireAt' in brokerPool) ||
    typeof inside.fetchTopicsOffset !== 'function'
  )
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  const refreshMetadata = brokerPool.refreshMetadata.bind(brokerPool)
  brokerPool.refreshMetadata = async topics => {
    await refreshMetadata(topics)
    if (leaderlessOf(cluster).length > 0) brokerPool.metadataExpireAt = Date.now() + leaderlessMaxAgeMs
  }
  const fetchTopicsOffset = inside.fetchTopicsOffset.bind(cluster)
  inside.fetchTopicsOffset = async topics => {
    const leaderless = new Set(leaderlessOf(cluster).map(keyOf))
    if (leaderless.size === 0) return fetchTopicsOffset(topics)
    const led = topics.map(one => ({
      ...one,
      partitions: one.partitions.filter(({ partition }) => !leaderless.has(keyOf({ ...one, partition })))
    }))
    const found = await fetchTopicsOffset(led.filter(({ partitions }) => partitions.length > 0))
    return topics.map(({ topic }) => found.find(one => one.topic === topic) ?? { topic, partitions: [] })
  }
}

/** The partitions that nobody leads, as far as the cluster was asked. */
export function leaderlessOf(cluster: object): TopicPartition[] {
  const { brokerPool } = cluster as ClusterInside // checked when it was installed
  return (brokerPool.metadata?.topicMetadata ?? []).flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata
      .filter(({ leader }) => leader < 0)
      .map(({ partitionId }) => ({ topic, partition: partitionId }))
  )
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
