// Replaces kafkajs' decoding of Fetch responses, which makes several objects of every record and is most of its cost,
// by ours, which makes one of every record batch. The way in: `cluster.findBroker` gives the consumer its brokers,
// `broker.lookupRequest` gives the broker its requests, and a Fetch request brings the decoder of its response. All of
// it is kafkajs 2.2.4 from the inside; internals.test.ts tells when that changes.

import { FaultError, messageOf } from '../../../../../schemas/errors.ts'
import type { TopicPartition } from '../../message.ts'
import type { KafkajsRecord } from './encode.ts'
import { reencode, registerCodecs } from './fallback.ts'
import { type Corruption, OldFormatError } from './record-set.ts'
import { decodeResponse } from './response.ts'
import type { FetchedBatch, FetchedPartition, FetchResponse } from './types.ts'

/** Both are called while a response is decoded, at every fetch anew until the partition is paused; neither may throw. */
export interface FetchDecoderOptions {
  /** Kafka does not hold `position`. kafkajs sees an empty partition instead, or it would jump to another offset. */
  onPositionLost(partition: TopicPartition, position: number): void
  /**
   * `records_corrupt`: the records at the offset it names cannot be read. What stood before them was handed out; the
   * position stays in front of them.
   */
  onCorrupt(partition: TopicPartition, fault: FaultError): void
  /** Check the CRC-32C of every batch: costs more than all the rest. Default: false. */
  readonly checkCrc?: boolean
}

/**
 * Must be called before the consumer of this cluster fetches, which is the case inside an assigner's factory. From
 * then on the messages of a kafkajs batch are of type FetchedBatch. A response that is garbage as a whole makes the
 * fetch fail with `records_corrupt`, which kafkajs tries again.
 */
export function installFetchDecoder(cluster: object, options: FetchDecoderOptions): void {
  const inside = cluster as ClusterInside // checked right below, and by internals.test.ts
  if (typeof inside.findBroker !== 'function')
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  const findBroker = inside.findBroker.bind(cluster)
  const seen = new WeakSet<BrokerInside>()
  inside.findBroker = async query => {
    const broker = await findBroker(query)
    if (!seen.has(broker)) wrapLookup(broker, options)
    seen.add(broker)
    return broker
  }
}

interface ClusterInside {
  findBroker(query: { nodeId: string }): Promise<BrokerInside>
}

interface BrokerInside {
  lookupRequest: Lookup
}

type Lookup = (apiKey: number, definitions: unknown) => (args: FetchArgs) => FetchProtocol

interface FetchArgs {
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
  }[]
}

interface FetchProtocol {
  readonly request: { readonly apiVersion: number }
  readonly response: {
    decode(bytes: Buffer): Promise<FetchResponse<KafkajsRecord | FetchedBatch>>
    parse(response: FetchResponse<unknown>): Promise<unknown>
  }
}

const fetchApiKey = 1
const ownVersion = 11
const offsetOutOfRange = 1

/** A property rather than a plain wrap, because the broker sets its lookup anew whenever it connects. */
function wrapLookup(broker: BrokerInside, options: FetchDecoderOptions): void {
  const wrap =
    (lookup: Lookup): Lookup =>
    (apiKey, definitions) => {
      const create = lookup(apiKey, definitions)
      return apiKey === fetchApiKey ? args => withOwnDecoder(create(args), args, options) : create
    }
  let wrapped = wrap(broker.lookupRequest)
  Object.defineProperty(broker, 'lookupRequest', {
    configurable: true,
    enumerable: true,
    get: () => wrapped,
    set: (lookup: Lookup) => {
      wrapped = wrap(lookup)
    }
  })
}

function withOwnDecoder(
  protocol: FetchProtocol,
  args: FetchArgs,
  options: FetchDecoderOptions
): FetchProtocol {
  const positions = new Map<string, number>()
  for (const { topic, partitions } of args.topics) {
    for (const { partition, fetchOffset } of partitions)
      positions.set(`${topic}/${partition}`, Number(fetchOffset))
  }
  const position = (topic: string, partition: number) => positions.get(`${topic}/${partition}`) ?? 0
  const decode = async (bytes: Buffer) => {
    try {
      const response = await decodeEither(protocol, bytes, { position, options })
      return hideLostPositions(response, (topic, partition) =>
        options.onPositionLost({ topic, partition }, position(topic, partition))
      )
    } catch (cause) {
      // kafkajs takes a RangeError for a mistake in its own code and stops for good
      throw new FaultError('records_corrupt', { detail: messageOf(cause), cause })
    }
  }
  return { ...protocol, response: { ...protocol.response, decode } }
}

async function decodeEither(
  protocol: FetchProtocol,
  bytes: Buffer,
  { position, options }: { position(topic: string, partition: number): number; options: FetchDecoderOptions }
): Promise<FetchResponse<FetchedBatch>> {
  const { checkCrc = false } = options
  const onCorrupt = (topic: string, partition: number, corruption: Corruption) =>
    options.onCorrupt({ topic, partition }, corruptionFault(`${topic}/${partition}`, corruption))
  if (protocol.request.apiVersion === ownVersion) {
    try {
      return await decodeResponse(bytes, { checkCrc, position, onCorrupt })
    } catch (error) {
      if (!(error instanceof OldFormatError)) throw error
    }
  }
  registerCodecs()
  const response = await protocol.response.decode(bytes)
  // This decode is kafkajs' own, so its messages are records.
  return reencode(response as FetchResponse<KafkajsRecord>, position)
}

function corruptionFault(path: string, { offset, reason, cause }: Corruption): FaultError {
  return new FaultError('records_corrupt', { path, detail: `at offset ${offset}: ${reason}`, cause })
}

function hideLostPositions(
  response: FetchResponse<FetchedBatch>,
  onPositionLost: (topic: string, partition: number) => void
): FetchResponse<FetchedBatch> {
  const hide = (topic: string, partition: FetchedPartition<FetchedBatch>) => {
    if (partition.errorCode !== offsetOutOfRange) return partition
    onPositionLost(topic, partition.partition)
    return { ...partition, errorCode: 0, messages: [] }
  }
  const responses = response.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(partition => hide(topicName, partition))
  }))
  return { ...response, responses }
}
