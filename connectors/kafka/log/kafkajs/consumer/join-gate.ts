// What Tailrace adds underneath a kafkajs consumer, by way of the `cluster` that kafkajs hands to its assigner: a hook
// that is awaited before every join, the assignment's user data, membership that survives a coordinator's outage,
// commits from nobody but coordinator.ts, and fetches that wait longer at rest. kafkajs 2.2.4 calls
// cluster.findGroupCoordinator at the head of every join and nowhere else (consumerGroup.js), and takes every broker
// from cluster.findBroker.

import type { Broker, Cluster } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import type { TopicPartition } from '../../message.ts'
import { kafkaFault } from '../client.ts'
import { leaderlessOf } from '../direct/leaderless.ts'

export interface GateHooks {
  /** Awaited before every join; a rejection ends the consumer. */
  beforeJoin(): Promise<void>
  /** Awaited before the group is left. Must not reject. */
  beforeLeave(): Promise<void>
  /** The generation that was joined, and this member's part of it. */
  synced(generation: number, memberAssignment: Buffer): void
  /** Was this commit not made by kafkajs? */
  isOwnCommit(request: object): boolean
  /** How long the next fetch may wait for records, and what its response may have at most. */
  fetchWaitMs(): number
  maxFetchBytes(): number
  /** A broker did what it was asked for, or could not be reached. Neither may throw. */
  answered(): void
  unreachable(fault: FaultError): void
  /** Told before every fetch which partitions nobody leads. May not throw. */
  leaderless(partitions: readonly TopicPartition[]): void
}

/** The calls of kafkajs' brokers that matter here; its published types leave them out. */
interface GroupCalls {
  findGroupCoordinator(request: { groupId: string; coordinatorType: 0 }): Promise<unknown>
  joinGroup(request: unknown): Promise<unknown>
  leaveGroup(request: unknown): Promise<unknown>
  syncGroup(request: { generationId: number }): Promise<{ memberAssignment: Buffer }>
  heartbeat(request: unknown): Promise<unknown>
  offsetCommit(request: object): Promise<unknown>
  fetch(request: { maxWaitTime: number; maxBytes: number }): Promise<unknown>
}

/** Installs the hooks on the cluster object of one consumer. */
export function installJoinGate(cluster: Cluster, hooks: GateHooks): void {
  outliveOutages(cluster, hooks)
  const patched = new WeakSet<object>()
  const findBroker = cluster.findBroker.bind(cluster)
  cluster.findBroker = async node => {
    const broker = await repeatWhenUnreachable(findBroker(node), hooks)
    if (!patched.has(broker)) patchBroker(broker, hooks)
    patched.add(broker)
    return broker
  }
  const findGroupCoordinator = cluster.findGroupCoordinator.bind(cluster)
  cluster.findGroupCoordinator = async group => {
    await hooks.beforeJoin()
    return rejoinWhenUnreachable(
      findGroupCoordinator(group).catch(async error => {
        await assertAllowed(cluster, group.groupId)
        throw error
      }),
      hooks
    )
  }
}

/**
 * Of brokers that name no coordinator kafkajs tells nothing but that. Asked once more, one of them says whether the
 * permission is missing, which no repetition mends; whatever else it says is left to those who repeat.
 */
async function assertAllowed(cluster: Cluster, groupId: string): Promise<void> {
  const [nodeId] = cluster.getNodeIds()
  if (nodeId === undefined) return
  try {
    const broker = (await cluster.findBroker({ nodeId: String(nodeId) })) as unknown as GroupCalls // see GroupCalls
    await broker.findGroupCoordinator({ groupId, coordinatorType: 0 })
  } catch (error) {
    if (kafkaFault(error).code === 'kafka_unauthorized') throw error
  }
}

/** kafkajs gives its consumer up when no broker was reached for 3 s, or when it has struck the last one off. */
function outliveOutages(cluster: Cluster, hooks: GateHooks): void {
  const refreshMetadata = cluster.refreshMetadata.bind(cluster)
  const refreshMetadataIfNecessary = cluster.refreshMetadataIfNecessary.bind(cluster)
  cluster.refreshMetadata = () => repeatWhenUnreachable(refreshMetadata(), hooks)
  cluster.refreshMetadataIfNecessary = async () => {
    await repeatWhenUnreachable(refreshMetadataIfNecessary(), hooks)
    hooks.leaderless(leaderlessOf(cluster))
  }
  const getNodeIds = cluster.getNodeIds.bind(cluster)
  let known: number[] = []
  cluster.getNodeIds = () => {
    const now = getNodeIds()
    if (now.length > 0) known = now
    return known
  }
}

function patchBroker(broker: Broker, hooks: GateHooks): void {
  const calls = broker as unknown as GroupCalls // see GroupCalls
  const joinGroup = calls.joinGroup.bind(broker)
  const leaveGroup = calls.leaveGroup.bind(broker)
  const syncGroup = calls.syncGroup.bind(broker)
  const heartbeat = calls.heartbeat.bind(broker)
  const offsetCommit = calls.offsetCommit.bind(broker)
  const fetch = calls.fetch.bind(broker)
  calls.joinGroup = request => rejoinWhenUnreachable(joinGroup(request), hooks)
  calls.leaveGroup = async request => {
    await hooks.beforeLeave()
    return leaveGroup(request)
  }
  calls.heartbeat = async request => {
    await rejoinWhenUnreachable(heartbeat(request), hooks)
    hooks.answered()
  }
  calls.syncGroup = async request => {
    const response = await rejoinWhenUnreachable(syncGroup(request), hooks)
    hooks.synced(request.generationId, response.memberAssignment)
    return response
  }
  calls.offsetCommit = async request => {
    if (hooks.isOwnCommit(request)) return offsetCommit(request)
    throw final(new FaultError('commit_refused', { detail: 'kafkajs commits by itself' }))
  }
  calls.fetch = async request => {
    const limits = { maxWaitTime: hooks.fetchWaitMs(), maxBytes: hooks.maxFetchBytes() }
    const response = await fetch({ ...request, ...limits })
    hooks.answered()
    return response
  }
}

/** Lets kafkajs try again what it takes for final. */
async function repeatWhenUnreachable<T>(call: Promise<T>, hooks: GateHooks): Promise<T> {
  try {
    return await call
  } catch (error) {
    const fault = kafkaFault(error)
    if (fault.code !== 'kafka_unreachable') throw error
    hooks.unreachable(fault)
    const { retriable } = error as { retriable?: boolean } // whatever it is, an error has fields
    if (retriable !== false) throw error
    throw Object.assign(new Error(fault.message, { cause: error }), { name: 'KafkaJSError', retriable: true })
  }
}

/**
 * kafkajs gives the membership up when the coordinator cannot be reached or still loads the group, and never looks
 * for another one. Told that this is not the coordinator, it looks for it and joins again under the same member id.
 */
async function rejoinWhenUnreachable<T>(call: Promise<T>, hooks: GateHooks): Promise<T> {
  try {
    return await call
  } catch (error) {
    const fault = kafkaFault(error)
    if (fault.code !== 'kafka_unreachable') throw error
    hooks.unreachable(fault)
    throw Object.assign(new Error(fault.message, { cause: error }), {
      name: 'KafkaJSProtocolError',
      type: 'NOT_COORDINATOR_FOR_GROUP'
    })
  }
}

/** Marks a fault so that kafkajs does not repeat what led to it. */
export function final(fault: FaultError): FaultError {
  return Object.assign(fault, { retriable: false })
}
