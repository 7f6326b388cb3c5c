// Replaces kafkajs' decoding of Fetch responses, which makes several objects of every record and is most of its cost,
// by ours, which makes one of every record batch, and fetches ahead. The way in: `cluster.findBroker` gives the
// consumer its brokers, `broker.lookupRequest` gives the broker its requests, and a Fetch request brings the decoder of
// its response. All of it is kafkajs 2.2.4 from the inside; internals.test.ts tells when that changes.

import { FaultError } from '../../../../../schemas/errors.ts'
import { FetchAhead, type FetchRequest } from './ahead.ts'
import type { FetchedBatch, FetchProtocol, FetchResponse, UnreadResponse } from './types.ts'
import { decodeLater, type FetchDecoderOptions } from './unread.ts'

export interface FetchOptions extends FetchDecoderOptions {
  /** The group's generation: what was fetched ahead in another is dropped. Without it nothing is fetched ahead. */
  generation?(): number
}

/**
 * Must be called before the consumer of this cluster fetches, which is the case inside an assigner's factory. From
 * then on the messages of a kafkajs batch are of type FetchedBatch. A response that is garbage as a whole makes the
 * fetch fail with `records_corrupt`, which kafkajs tries again.
 */
export function installFetchDecoder(cluster: object, options: FetchOptions): void {
  const inside = cluster as ClusterInside // checked right below, and by internals.test.ts
  if (typeof inside.findBroker !== 'function')
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  const findBroker = inside.findBroker.bind(cluster)
  const seen = new WeakSet<BrokerInside>()
  inside.findBroker = async query => {
    const broker = await findBroker(query)
    if (!seen.has(broker)) wrapBroker(broker, options)
    seen.add(broker)
    return broker
  }
}

interface ClusterInside {
  findBroker(query: { nodeId: string }): Promise<BrokerInside>
}

interface BrokerInside {
  lookupRequest: Lookup
  /** Resolves with what the decoder and kafkajs' parse returned: an unread response, as long as that is ours. */
  fetch(request: FetchRequest): Promise<FetchResponse<FetchedBatch>>
  readonly connectionPool: { readonly pool: readonly ConnectionInside[] }
}

interface ConnectionInside {
  chunks: Buffer[]
  readonly bytesBuffered: number
  processData(bytes: Buffer): void
}

type Lookup = (apiKey: number, definitions: unknown) => (args: FetchRequest) => FetchProtocol

const fetchApiKey = 1

function wrapBroker(broker: BrokerInside, options: FetchOptions): void {
  wrapLookup(broker, options)
  // What wrapLookup makes the decoder return.
  const fetch = broker.fetch.bind(broker) as (request: FetchRequest) => Promise<UnreadResponse>
  const { generation } = options
  const ahead = generation && new FetchAhead(fetch, generation)
  broker.fetch = async request => ahead?.fetch(request) ?? (await fetch(request)).read()
  for (const connection of broker.connectionPool.pool) forgetRest(connection)
}

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
  { topics }: FetchRequest,
  options: FetchDecoderOptions
): FetchProtocol {
  const positions = new Map<string, number>()
  for (const { topic, partitions } of topics) {
    for (const { partition, fetchOffset } of partitions)
      positions.set(`${topic}/${partition}`, Number(fetchOffset))
  }
  const position = (topic: string, partition: number) => positions.get(`${topic}/${partition}`) ?? 0
  const decode = (bytes: Buffer) => decodeLater(bytes, { ...options, protocol, position })
  return { ...protocol, response: { ...protocol.response, decode } }
}

/**
 * A connection keeps the empty rest of each response, and with it all of its bytes until the next comes, and would put
 * the next one together with that: a copy.
 */
function forgetRest(connection: ConnectionInside): void {
  const processData = connection.processData.bind(connection)
  connection.processData = bytes => {
    processData(bytes)
    if (connection.bytesBuffered === 0) connection.chunks = []
  }
}
