// The parts of kafkajs 2.2.4 that send one produce request to one broker. Its own send() would not do: it answers for
// all partitions of a request with the first error of any, so that one leader's move means to repeat the records of
// every other partition. Reached from the inside, a request tells for each partition whether it was stored.

import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import { FaultError } from '../../../../schemas/errors.ts'
import type { AppendRecord } from '../log.ts'
import { createCluster } from './direct/cluster.ts'

/** What the sender uses of a kafkajs cluster; the same names and meanings as in kafkajs/src/cluster. */
export interface ProduceCluster {
  /** The topics that a refresh asks for; kafkajs itself replaces the set now and then. */
  targetTopics: Set<string>
  connect(): Promise<void>
  disconnect(): Promise<void>
  isConnected(): boolean
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  /** By node id, -1 for partitions without a leader; partitions that are not known are left out. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
  findBroker(node: { nodeId: string }): Promise<ProduceBroker>
  removeBroker(address: { host: string; port: number }): void
}

export interface ProduceBroker {
  lookupRequest(apiKey: number, definitions: unknown): (args: ProduceArgs) => ProduceProtocol
  readonly connectionPool: { send(protocol: ProduceProtocol): Promise<ProduceResponse> }
  disconnect(): Promise<void>
}

interface ProduceArgs {
  readonly acks: -1
  readonly timeout: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly AppendRecord[] }[]
  }[]
}

interface ProduceProtocol {
  readonly request: object
  readonly response: { decode(bytes: Buffer): Promise<ProduceResponse>; parse: unknown }
}

interface ProduceResponse {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[]
  }[]
}

/** The records of one partition in a request. */
export interface ProducePart {
  readonly topic: string
  readonly partition: number
  readonly records: readonly AppendRecord[]
}

const produceApiKey = 0
const { Produce, createErrorFromCode } = loadInternals()

/** A cluster with connections of its own. Throws `internal` under another kafkajs. */
export function createProduceCluster(kafka: Kafka, metadataMaxAgeMs: number): ProduceCluster {
  if (Produce === undefined) throw new FaultError('internal', { detail: 'kafkajs has changed' })
  // kafkajs' typings lack what is used of its brokers here.
  return createCluster(kafka, { metadataMaxAge: metadataMaxAgeMs }) as unknown as ProduceCluster
}

/**
 * Sends parts, at most one for each partition, in one request with acks=all. Resolves with the error of each part in
 * order, undefined where the records are stored. Rejects when nothing is known of any.
 */
export async function produce(
  broker: ProduceBroker,
  parts: readonly ProducePart[],
  timeoutMs: number
): Promise<(Error | undefined)[]> {
  const byTopic = new Map<string, { partition: number; messages: readonly AppendRecord[] }[]>()
  for (const { topic, partition, records } of parts) {
    const partitions = byTopic.get(topic) ?? []
    partitions.push({ partition, messages: records })
    byTopic.set(topic, partitions)
  }
  const topicData = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }))
  const create = broker.lookupRequest(produceApiKey, Produce)
  const { request, response } = create({ acks: -1, timeout: timeoutMs, topicData })
  // kafkajs' parse() throws for the first partition that failed, and forgets the others.
  const parse = async (decoded: ProduceResponse) => decoded
  const { topics } = await broker.connectionPool.send({
    request,
    response: { decode: bytes => response.decode(bytes), parse }
  })
  return parts.map(({ topic, partition }) => {
    const answers = topics.find(answer => answer.topicName === topic)?.partitions
    const code = answers?.find(answer => answer.partition === partition)?.errorCode
    if (code === undefined) return new Error('Kafka gave no answer for the partition')
    return code === 0 ? undefined : createErrorFromCode(code)
  })
}

function loadInternals(): { Produce: unknown; createErrorFromCode: (code: number) => Error } {
  const require = createRequire(import.meta.url)
  const { requests } = require('kafkajs/src/protocol/requests')
  const { createErrorFromCode } = require('kafkajs/src/protocol/error')
  return { Produce: requests?.Produce, createErrorFromCode }
}
