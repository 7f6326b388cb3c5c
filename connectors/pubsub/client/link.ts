// One gRPC channel to Pub/Sub, from Google's own client, and calls over it. A call is made once: the retries of client and
// channel are off. Who calls is told whether it was the server that ended the call.

import { protos, v1 } from '@google-cloud/pubsub'
import {
  type Client,
  type ClientUnaryCall,
  connectivityState,
  Metadata,
  type ServiceError
} from '@grpc/grpc-js'
import { type CallStatus, connectFault } from '../outcome.ts'
import { retryAfterOf } from './retry-after.ts'
import type { WatchedCredentials } from './watched-credentials.ts'

const { PublishRequest, PublishResponse, GetTopicRequest, Topic } = protos.google.pubsub.v1
const service = '/google.pubsub.v1.Publisher'

const unavailable = 14

/** Google's client sets the same. */
const keepAlive = { timeMs: 300_000, timeoutMs: 20_000 } as const

export type PubsubMessages = protos.google.pubsub.v1.IPubsubMessage[]
export type ClientOptions = NonNullable<ConstructorParameters<typeof v1.PublisherClient>[0]>

/** What came of a call: what the server has confirmed, or how it ended without. */
export type Ended = { readonly ids: readonly string[] } | { readonly status: CallStatus }

export interface Calling {
  readonly metadata: Metadata
  ended(ended: Ended): void
}

export class Link {
  readonly #client: v1.PublisherClient
  readonly #stub: Client
  readonly #credentials: WatchedCredentials
  #isClosed = false
  #isRetired = false
  #answers = 0
  #calls = 0

  private constructor(client: v1.PublisherClient, stub: Client, credentials: WatchedCredentials) {
    this.#client = client
    this.#stub = stub
    this.#credentials = credentials
  }

  /** Opens nothing yet. */
  static async create(options: ClientOptions, credentials: WatchedCredentials): Promise<Link> {
    const client = new v1.PublisherClient({
      ...options,
      sslCreds: credentials,
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.keepalive_time_ms': keepAlive.timeMs,
      'grpc.keepalive_timeout_ms': keepAlive.timeoutMs
    })
    const stub = await client.initialize()
    return new Link(client, stub as unknown as Client, credentials) // what it is, though its type says functions by name
  }

  /** How many calls the server has answered. */
  get answers(): number {
    return this.#answers
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isReady(): boolean {
    return !this.#isRetired && this.#stub.getChannel().getConnectivityState(false) === connectivityState.READY
  }

  /** Connects; resolves once it is ready, rejects with a FaultError when it fails. Goes on until then, or close(). */
  async connect(): Promise<void> {
    const channel = this.#stub.getChannel()
    for (;;) {
      const state = channel.getConnectivityState(true)
      if (state === connectivityState.READY) return
      if (state === connectivityState.TRANSIENT_FAILURE) throw await this.#reason()
      await new Promise<void>(resolve =>
        channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve())
      )
    }
  }

  /** The returned function gives the call up; `ended` is called once, also then. */
  publish(topic: string, messages: PubsubMessages, { metadata, ended }: Calling): () => void {
    const call = this.#stub.makeUnaryRequest(
      `${service}/Publish`,
      request => bufferOf(PublishRequest.encode(request).finish()),
      bytes => PublishResponse.decode(bytes),
      { topic, messages },
      metadata,
      (error, response) => ended(this.#ended(error, response?.messageIds ?? [], isAnswered()))
    )
    this.#calls++
    const isAnswered = answerOf(call)
    return () => call.cancel()
  }

  /** Asks whether there is such a topic. */
  getTopic(topic: string, { metadata, ended }: Calling): () => void {
    const call = this.#stub.makeUnaryRequest(
      `${service}/GetTopic`,
      request => bufferOf(GetTopicRequest.encode(request).finish()),
      bytes => Topic.decode(bytes),
      { topic },
      metadata,
      error => ended(this.#ended(error, [], isAnswered()))
    )
    this.#calls++
    const isAnswered = answerOf(call)
    return () => call.cancel()
  }

  #ended(error: ServiceError | null, ids: readonly string[], isAnswered: boolean): Ended {
    const ended = error === null ? { ids } : { status: statusOf(error, isAnswered) }
    if ('ids' in ended || ended.status.isAnswer) this.#answers++
    this.#calls--
    if (this.#isRetired && this.#calls === 0) this.close()
    return ended
  }

  /** Takes no further calls, and closes once those under way have ended. */
  retire(): void {
    this.#isRetired = true
    if (this.#calls === 0) this.close()
  }

  /** Ends its connection, and the calls on it, at once. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isRetired = true
    void this.#client.close()
    this.#credentials.destroy()
  }

  /** A call that fails at once, since there is no connection, is told why. */
  #reason(): Promise<Error> {
    return new Promise(resolve => {
      this.getTopic('', {
        metadata: new Metadata(),
        ended: ended =>
          resolve(connectFault('status' in ended ? ended.status.details : '', this.#credentials.error))
      })
    })
  }
}

/** The same bytes, not a copy. */
function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

/** Whether the server has begun to answer. */
function answerOf(call: ClientUnaryCall): () => boolean {
  let isAnswered = false
  call.once('metadata', () => {
    isAnswered = true
  })
  return () => isAnswered
}

/** What the client says of a stream that ended without a status (subchannel-call.js of the package). */
const ofClient =
  /^(Received RST_STREAM|Call cancelled|Connection dropped|Stream refused|Bandwidth exhausted|Protocol not secure|[a-z]+ E[A-Z]+\b)/

/**
 * A status that the server sent has trailers with it, or headers before it; one that the client made up when the connection
 * broke has neither, and one for a stream that was reset names the reset. UNAVAILABLE without trailers may be either.
 */
function statusOf({ code, details, metadata }: ServiceError, isAnswered: boolean): CallStatus {
  const isAnswer =
    Object.keys(metadata.getMap()).length > 0 ||
    (isAnswered && code !== unavailable && !ofClient.test(details))
  const first = (name: string) => metadata.get(name)[0]
  const statusDetails = first('grpc-status-details-bin')
  const retryAfter = first('retry-after')
  const retryAfterMs = retryAfterOf({
    statusDetails: Buffer.isBuffer(statusDetails) ? statusDetails : undefined,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined
  })
  return { code, details, isAnswer, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
