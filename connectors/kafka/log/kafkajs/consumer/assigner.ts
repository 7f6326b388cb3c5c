// The assigner that kafkajs is given: it tells the group what this member has and when its stream was born, deals
// the partitions where this member leads, and sends the smallest birth back to every member, with the part of the group's
// partitions that it has. What members tell one another is JSON in the user data of Kafka's consumer protocol.

import { type Assigner, AssignerProtocol, type Cluster, type GroupMember } from 'kafkajs'
import type { TopicPartition } from '../../message.ts'
import { type Member, share } from './share.ts'

/** What a member tells the others on joining. */
export interface Standing {
  readonly owned: readonly TopicPartition[]
  readonly generation: number
  readonly birthMs: number
}

/** What the leader tells a member beside its partitions; null where it did not. */
export interface Told {
  /** The smallest birth in the group, in Unix ms. */
  readonly birthMs: number | null
  /** The part of the group's partitions that the member has, from 0 to 1. */
  readonly share: number | null
}

/** The name under which members of a group find that they can work together. */
const name = 'tailrace-sticky-1'

/** `standing` is asked anew for every join. */
export function createAssigner(cluster: Cluster, standing: () => Standing): Assigner {
  return {
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: encode(standing()) })
    }),
    async assign({ members }) {
      const joined = members.map(readMember)
      const counts = await partitionCounts(cluster, joined)
      const birthMs = Math.min(...joined.map(member => member.birthMs))
      const shares = [...share(joined, counts)]
      const all = shares.reduce((sum, [, partitions]) => sum + partitions.length, 0)
      return shares.map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: byTopic(partitions),
          userData: encode({ birthMs, share: all === 0 ? 0 : partitions.length / all })
        })
      }))
    }
  }
}

/** Out of what this member was assigned. */
export function toldBy(memberAssignment: Buffer): Told {
  const userData = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.userData
  const { birthMs, share: part } = parse(userData)
  return {
    birthMs: typeof birthMs === 'number' ? birthMs : null,
    share: typeof part === 'number' ? part : null
  }
}

function readMember({ memberId, memberMetadata }: GroupMember): Member & { birthMs: number } {
  const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata)
  const { owned, generation, birthMs } = parse(metadata?.userData)
  return {
    id: memberId,
    topics: metadata?.topics ?? [],
    owned: owned ?? [],
    generation: generation ?? -1,
    birthMs: birthMs ?? Number.POSITIVE_INFINITY
  }
}

/** Also of topics that only others subscribe to: a member may lead a group while its topics change. */
async function partitionCounts(cluster: Cluster, members: readonly Member[]): Promise<Map<string, number>> {
  const topics = [...new Set(members.flatMap(member => member.topics))]
  await cluster.addMultipleTargetTopics(topics)
  return new Map(topics.map(topic => [topic, cluster.findTopicPartitionMetadata(topic).length]))
}

function byTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const assignment: Record<string, number[]> = {}
  for (const { topic, partition } of partitions) {
    const numbers = assignment[topic] ?? []
    numbers.push(partition)
    assignment[topic] = numbers
  }
  return assignment
}

function encode(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Members of this name write this shape; what cannot be read counts as nothing known. */
function parse(userData: Buffer | null | undefined): Partial<Standing> & Partial<Told> {
  try {
    return JSON.parse(userData?.toString() ?? '') as Partial<Standing> & Partial<Told>
  } catch {
    return {}
  }
}
