// The parts of kafkajs 2.2.4 that send one produce request to one broker. Its own send() would not do: it answers for
// all partitions of a request with the first error of any, so that one leader's move means to repeat the records of
// every other partition. Reached from the inside, a request tells for each partition whether it was stored. The records
// come encoded, as kafkajs takes several times as long for that, and can neither keep the order of headers nor repeat one.
// Produce request, versions 3 to 7: transactional id nullable string, acks int16, timeout int32, topics: name string,
// partitions: number int32, record batch bytes.

import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import { createCluster } from '../direct/cluster.ts'
import { installMetadata, type MetadataOptions, type TopicMetadata } from '../direct/metadata.ts'

/** What the shipper uses of a kafkajs cluster; the same names and meanings as in kafkajs/src/cluster. */
export interface ProduceCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  isConnected(): boolean
  removeBroker(address: BrokerAddress): void
  readonly brokerPool: ProduceBrokers
}

/** kafkajs/src/cluster/brokerPool. The cluster's own ways to it ask for all topics anew now and then, after it was closed, too. */
export interface ProduceBrokers {
  /** By node id. */
  readonly brokers: Readonly<Record<string, ProduceBroker>>
  /** Connects to it. Rejects where it is not known. */
  findBroker(node: { nodeId: string }): Promise<ProduceBroker>
  /** Asks for these topics, and which brokers there are. None: for all topics. */
  refreshMetadata(topics: readonly string[]): Promise<void>
  /** What the last answer said; null before. */
  readonly metadata: { readonly topicMetadata: readonly TopicMetadata[] } | null
}

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface ProduceBroker {
  lookupRequest(apiKey: number, definitions: unknown): (args: ProduceArgs) => ProduceProtocol
  readonly connectionPool: BrokerAddress & { send(protocol: ProduceProtocol): Promise<ProduceResponse> }
  isConnected(): boolean
  disconnect(): Promise<void>
}

interface ProduceArgs {
  readonly acks: -1
  readonly timeout: number
  readonly topicData: readonly []
}

interface ProduceProtocol {
  readonly request: { readonly apiVersion: number; encode(): Promise<Encoder> }
  readonly response: { decode(bytes: Buffer): Promise<ProduceResponse>; parse: unknown }
}

interface ProduceResponse {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly {
      readonly partition: number
      readonly errorCode: number
      readonly baseOffset: string
      /** When the broker got it, in Unix ms; -1 where the topic keeps the times of producers. */
      readonly logAppendTime: string
    }[]
  }[]
}

/** What is used of kafkajs/src/protocol/encoder. */
interface Encoder {
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeString(value: string | null): Encoder
  writeBytes(value: Buffer): Encoder
}

/** The records of one partition in a request. */
export interface ProducePart {
  readonly topic: string
  readonly partition: number
  /** A record batch. */
  readonly batch: Buffer
}

const produceApiKey = 0
const { Produce, createErrorFromCode, Encoder } = loadInternals()

/** Nothing that is known of a topic becomes old by itself: leaders.ts says when it is asked for. */
const metadataMaxAgeMs = 2 ** 40

/** A cluster with connections of its own; `watch` waits for its metadata. Throws `internal` under another kafkajs. */
export function createProduceCluster(
  kafka: Kafka,
  watch: Required<MetadataOptions>['watch']
): ProduceCluster {
  if (Produce === undefined) throw new FaultError('internal', { detail: 'kafkajs has changed' })
  const cluster = createCluster(kafka, { metadataMaxAge: metadataMaxAgeMs })
  installMetadata(cluster, { doTopicsFail: false, watch })
  // kafkajs' typings lack what is used of its brokers here.
  return cluster as unknown as ProduceCluster
}

export interface ProduceOptions {
  readonly timeoutMs: number
  /** A broker has stored a part, at that moment by its own clock (Unix ms); of topics that keep such times. */
  stored(atMs: number): void
}

/**
 * Sends parts, at most one for each partition, in one request with acks=all. Resolves with the error of each part in
 * order, or the offset of its first record where the records are stored. Rejects when nothing is known of any.
 */
export async function produce(
  broker: ProduceBroker,
  parts: readonly ProducePart[],
  { timeoutMs, stored }: ProduceOptions
): Promise<(Error | number)[]> {
  const create = broker.lookupRequest(produceApiKey, Produce)
  const { request, response } = create({ acks: -1, timeout: timeoutMs, topicData: [] })
  if (request.apiVersion < 3)
    throw new Error('the broker is older than Kafka 0.11 and takes no record batches')
  // kafkajs' parse() throws for the first partition that failed, and forgets the others.
  const parse = async (decoded: ProduceResponse) => decoded
  const { topics } = await broker.connectionPool.send({
    request: { ...request, encode: async () => encodeRequest(parts, timeoutMs) },
    response: { decode: bytes => response.decode(bytes), parse }
  })
  return parts.map(({ topic, partition }) => {
    const answers = topics.filter(answer => answer.topicName === topic).flatMap(answer => answer.partitions)
    const answer = answers.find(one => one.partition === partition)
    if (answer === undefined) return new Error('Kafka gave no answer for the partition')
    if (answer.errorCode !== 0) return createErrorFromCode(answer.errorCode)
    const atMs = Number(answer.logAppendTime)
    if (atMs >= 0) stored(atMs)
    return Number(answer.baseOffset)
  })
}

function encodeRequest(parts: readonly ProducePart[], timeoutMs: number): Encoder {
  const byTopic = new Map<string, ProducePart[]>()
  let bytes = 64
  for (const part of parts) {
    const own = byTopic.get(part.topic) ?? []
    own.push(part)
    byTopic.set(part.topic, own)
    bytes += part.batch.length + part.topic.length + 16
  }
  const encoder = new Encoder(bytes).writeString(null).writeInt16(-1).writeInt32(timeoutMs)
  encoder.writeInt32(byTopic.size)
  for (const [topic, own] of byTopic) {
    encoder.writeString(topic).writeInt32(own.length)
    for (const { partition, batch } of own) encoder.writeInt32(partition).writeBytes(batch)
  }
  return encoder
}

function loadInternals(): {
  Produce: unknown
  createErrorFromCode: (code: number) => Error
  Encoder: new (initialBytes: number) => Encoder
} {
  const require = createRequire(import.meta.url)
  const { requests } = require('kafkajs/src/protocol/requests')
  const { createErrorFromCode } = require('kafkajs/src/protocol/error')
  const Encoder = require('kafkajs/src/protocol/encoder')
  return { Produce: requests?.Produce, createErrorFromCode, Encoder }
}
