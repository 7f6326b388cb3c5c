// A commit for a group by nobody of the group. Kafka takes an OffsetCommit without member and generation only while
// the group is empty, so there is no moment between a check and the commit in which a member could join.

import type { Kafka } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import type { CommitEntry } from '../../log.ts'
import { protocolType } from '../client.ts'
import { withCluster } from './cluster.ts'

const noGeneration = -1

/** What Kafka answers when the group has members. */
const refusals = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'])

/** Resolves once Kafka has the positions. Rejects with `group_busy`, or with what kafkajs threw. */
export async function commitFromOutside(
  kafka: Kafka,
  group: string,
  entries: readonly CommitEntry[]
): Promise<void> {
  const topics = [...new Set(entries.map(entry => entry.topic))].map(topic => ({
    topic,
    partitions: entries
      .filter(entry => entry.topic === topic)
      .map(({ partition, next, metadata }) => ({ partition, offset: String(next), metadata }))
  }))
  try {
    await withCluster(kafka, async cluster => {
      const coordinator = await cluster.findGroupCoordinator({ groupId: group })
      await coordinator.offsetCommit({
        groupId: group,
        groupGenerationId: noGeneration,
        memberId: '',
        topics
      })
    })
  } catch (cause) {
    if (!refusals.has(protocolType(cause) ?? '')) throw cause
    throw new FaultError('group_busy', { path: group, cause })
  }
}
