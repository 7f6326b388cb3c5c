// Tells when a broker is ready. An open port is not enough: a broker serves once the cluster's metadata, asked from
// that very broker, names it.

import { Kafka, logLevel } from 'kafkajs'
import { pauseFor, systemClock } from '../../clock.ts'

const pollMs = 100

/** Resolves once `broker` lists all of `nodeIds` as alive; rejects when `signal` fires. */
export async function waitUntilServing(
  broker: string,
  nodeIds: readonly number[],
  signal: AbortSignal
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const alive = await aliveNodes(broker)
    if (nodeIds.every(id => alive.includes(id))) return
    await pauseFor(systemClock, pollMs, signal)
  }
}

/** The ids of the nodes that `broker` knows to be alive; none while it does not answer. */
async function aliveNodes(broker: string): Promise<number[]> {
  const kafka = new Kafka({
    clientId: 'tailrace-local',
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 }
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.map(({ nodeId }) => nodeId)
  } catch {
    return []
  } finally {
    await admin.disconnect()
  }
}
