// Replaces kafkajs' reading of Metadata responses. Its own throws for the whole answer when one partition of one topic has an
// error, as one has whose leader is gone: then nothing would be known of all the others. Here such a partition is led by node
// -1, and leaderless.ts says what follows. The way in: `brokerPool.createBroker` makes all brokers of a cluster, and their
// `metadata` asks. All of it is kafkajs 2.2.4 from the inside.

import { createRequire } from 'node:module'
import { FaultError } from '../../../../../schemas/errors.ts'

/** As kafkajs decodes it. */
export interface TopicMetadata {
  readonly topic: string
  /** 0: none. */
  readonly topicErrorCode: number
  readonly partitionMetadata: readonly {
    readonly partitionId: number
    /** The node; -1: nobody leads it, whatever the error of the partition. */
    readonly leader: number
  }[]
}

export interface MetadataOptions {
  /** Whether an answer counts as failed in which a topic has an error. */
  readonly doTopicsFail: boolean
  /** Waits for what was asked of a broker; may give up sooner. */
  watch?(asked: Promise<MetadataResponse>, broker: object): Promise<MetadataResponse>
}

export interface MetadataResponse {
  readonly topicMetadata: readonly TopicMetadata[]
}

interface MetadataProtocol {
  readonly request: object
  readonly response: { decode(bytes: Buffer): Promise<MetadataResponse>; parse: unknown }
}

type Create = (args: {
  readonly topics: readonly string[]
  readonly allowAutoTopicCreation: boolean
}) => MetadataProtocol

interface BrokerInside {
  metadata(topics?: readonly string[]): Promise<MetadataResponse>
  lookupRequest(apiKey: number, definitions: unknown): Create
  disconnect(): Promise<void>
  readonly connectionPool: { send(protocol: MetadataProtocol): Promise<MetadataResponse> }
}

interface ClusterInside {
  readonly brokerPool?: { createBroker?: (options: unknown) => BrokerInside }
}

const metadataApiKey = 3
const require = createRequire(import.meta.url)
const { requests } = require('kafkajs/src/protocol/requests')
const { createErrorFromCode } = require('kafkajs/src/protocol/error')

/** Must be called before the cluster connects. Throws `internal` under another kafkajs. */
export function installMetadata(cluster: object, options: MetadataOptions): void {
  const { brokerPool } = cluster as ClusterInside // checked right below
  const createBroker = brokerPool?.createBroker
  if (brokerPool === undefined || createBroker === undefined || requests?.Metadata === undefined)
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  brokerPool.createBroker = settings => {
    const broker = createBroker(settings)
    broker.metadata = (topics = []) => {
      const asked = ask(broker, topics, options)
      return options.watch?.(asked, broker) ?? asked
    }
    return broker
  }
}

/** The error that a broker answered for a topic; undefined where it did not. */
export function topicError({ topicErrorCode }: TopicMetadata): Error | undefined {
  return topicErrorCode === 0 ? undefined : createErrorFromCode(topicErrorCode)
}

async function ask(
  broker: BrokerInside,
  topics: readonly string[],
  { doTopicsFail }: MetadataOptions
): Promise<MetadataResponse> {
  const create = broker.lookupRequest(metadataApiKey, requests.Metadata)
  const { request, response } = create({ topics, allowAutoTopicCreation: false })
  const parse = async (decoded: MetadataResponse) => {
    const error = doTopicsFail
      ? decoded.topicMetadata.map(topicError).find(one => one !== undefined)
      : undefined
    if (error !== undefined) throw error
    return decoded
  }
  try {
    return await broker.connectionPool.send({
      request,
      response: { decode: bytes => response.decode(bytes), parse }
    })
  } catch (error) {
    // As kafkajs does.
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect()
    throw error
  }
}
