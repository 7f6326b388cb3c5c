// Google Pub/Sub as publishers see it: gRPC, access tokens that are signed by a known key, topics that have to exist, and the
// limits of the service. A script says how each request within them is answered, or how that fails. A ledger sees every
// request before it is answered.

import net from 'node:net'
import { protos } from '@google-cloud/pubsub'
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation
} from '@grpc/grpc-js'
import type { Clock } from '../clock.ts'
import { DoubleServer } from '../shared/double-server.ts'
import { retryDetails } from './double/retry-details.ts'
import { brokenRule, defaultLimits, type Refusal, type ServiceLimits } from './double/rules.ts'
import { type KnownKeys, tokenProblem } from './double/token-check.ts'

type IPublishResponse = protos.google.pubsub.v1.IPublishResponse
type ITopic = protos.google.pubsub.v1.ITopic
const { PublishRequest, PublishResponse, GetTopicRequest, Topic } = protos.google.pubsub.v1

export interface PublishedMessage {
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
  readonly orderingKey: string
}

export interface Published {
  readonly topic: string
  readonly messages: readonly PublishedMessage[]
  /** Of the request. */
  readonly bytes: number
  readonly metadata: Metadata
}

export type PublishReply =
  /** An id for each message; `afterMs` makes it late, `ids` less than they are. */
  | { readonly kind: 'confirm'; readonly afterMs?: number; readonly ids?: number }
  /** A status of gRPC; `retryAfterMs` is told as RetryInfo. */
  | {
      readonly kind: 'status'
      readonly code: number
      readonly details: string
      readonly retryAfterMs?: number
    }
  /** The request is taken and never answered. */
  | { readonly kind: 'hang' }
  /** All connections are cut. */
  | { readonly kind: 'cut' }
  /** The answer begins, and then all connections are cut. */
  | { readonly kind: 'part' }

export interface PubsubDoubleOptions {
  readonly clock: Clock
  readonly host?: string
  /** 0 takes a free port, and keeps it over stop() and start(). */
  readonly port?: number
  /** PEM texts; without them it speaks without TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Public keys by their ids, of which tokens have to be signed; without them it asks for none, as an emulator. */
  readonly keys?: KnownKeys
  /** The full names of those that exist; null: all. */
  readonly topics?: readonly string[] | null
  readonly limits?: Partial<ServiceLimits>
  /** How a request within the limits is answered; default: it is confirmed. */
  readonly reply?: (request: Published) => PublishReply
  /** How a question for a topic that exists is answered; default: with the topic. */
  readonly getTopic?: (topic: string) => Refusal | undefined
  /** Called for every request that came whole and may be sent by its sender, before it is answered. */
  readonly ledger?: (request: Published) => void
  /** Called right before a request is confirmed. */
  readonly confirmed?: (request: Published) => void
}

/** What gRPC gives to who answers. */
interface Answering {
  readonly call: { sendMetadata(metadata: Metadata): void }
  readonly done: sendUnaryData<IPublishResponse>
}

export class PubsubDouble extends DoubleServer {
  readonly #options: PubsubDoubleOptions
  readonly #limits: ServiceLimits
  /** In order of arrival. */
  readonly requests: Published[] = []
  #lastId = 0

  constructor(options: PubsubDoubleOptions) {
    const { clock, host, port } = options
    super({ clock, create: () => this.#create(), host, port })
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
  }

  /** `host:port`. */
  get address(): string {
    return `${this.host}:${this.port}`
  }

  /** A server of gRPC does not show its sockets, so it is given those that come in here. */
  #create(): net.Server {
    const { tls } = this.#options
    const server = new Server({
      'grpc.max_receive_message_length': 64 * 1024 * 1024,
      'grpc.enable_channelz': 0
    })
    server.addService(definition, this.#methods())
    const credentials =
      tls === undefined
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [
            { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }
          ])
    const injector = server.createConnectionInjector(credentials)
    return net
      .createServer({ noDelay: true }, socket => {
        socket.on('error', () => {}) // it was cut
        injector.injectConnection(socket)
      })
      .once('close', () => server.forceShutdown())
  }

  #publish(request: Published, answering: Answering): void {
    const problem =
      this.#refusedToken(request.metadata) ??
      this.#missing(request.topic) ??
      brokenRule(request, this.#limits)
    if (problem !== null) {
      answering.done(problem)
      return
    }
    this.requests.push(request)
    this.#options.ledger?.(request)
    this.#answer(request, this.#options.reply?.(request) ?? { kind: 'confirm' }, answering)
  }

  #answer(request: Published, reply: PublishReply, { call, done }: Answering): void {
    if (reply.kind === 'status') done(statusOf(reply))
    else if (reply.kind === 'cut') this.cut()
    else if (reply.kind === 'part') {
      call.sendMetadata(new Metadata())
      setImmediate(() => this.cut()) // once what was begun has been written
    } else if (reply.kind === 'confirm')
      this.after(reply.afterMs ?? 0, () => {
        this.#options.confirmed?.(request)
        const count = reply.ids ?? request.messages.length
        done(null, { messageIds: Array.from({ length: count }, () => String(++this.#lastId)) })
      })
  }

  #refusedToken(metadata: Metadata): Refusal | null {
    const { keys, clock } = this.#options
    const problem = keys === undefined ? null : tokenProblem(metadata, keys, clock.now())
    return problem === null
      ? null
      : {
          code: status.UNAUTHENTICATED,
          details: `Request had invalid authentication credentials: ${problem}.`
        }
  }

  #missing(topic: string): Refusal | null {
    const { topics = null } = this.#options
    if (topics === null || topics.includes(topic)) return null
    const details = `Resource not found (resource=${topic.replace(/^.*\//, '')}).`
    return { code: status.NOT_FOUND, details }
  }

  #getTopic(call: ServerUnaryCall<string, ITopic>, done: sendUnaryData<ITopic>): void {
    const problem =
      this.#refusedToken(call.metadata) ??
      this.#missing(call.request) ??
      this.#options.getTopic?.(call.request)
    if (problem == null) done(null, { name: call.request })
    else done(problem)
  }

  #methods(): UntypedServiceImplementation {
    const publish: handleUnaryCall<Omit<Published, 'metadata'>, IPublishResponse> = (call, done) =>
      this.#publish({ ...call.request, metadata: call.metadata }, { call, done })
    const getTopic: handleUnaryCall<string, ITopic> = (call, done) => this.#getTopic(call, done)
    return { publish, getTopic }
  }
}

const definition: ServiceDefinition = {
  publish: {
    ...{ path: '/google.pubsub.v1.Publisher/Publish', requestStream: false, responseStream: false },
    requestSerialize: unused,
    requestDeserialize: publishedOf,
    responseSerialize: (answer: IPublishResponse) => Buffer.from(PublishResponse.encode(answer).finish()),
    responseDeserialize: unused
  },
  getTopic: {
    ...{ path: '/google.pubsub.v1.Publisher/GetTopic', requestStream: false, responseStream: false },
    requestSerialize: unused,
    requestDeserialize: bytes => GetTopicRequest.decode(bytes).topic,
    responseSerialize: (topic: ITopic) => Buffer.from(Topic.encode(topic).finish()),
    responseDeserialize: unused
  }
}

/** What only a client needs. */
function unused(): never {
  throw new Error('a server does not do this')
}

function publishedOf(bytes: Buffer): Omit<Published, 'metadata'> {
  const { topic, messages } = PublishRequest.decode(bytes)
  return {
    topic,
    bytes: bytes.length,
    messages: messages.map(({ data, attributes, orderingKey }) => ({
      data: Buffer.from(data ?? []),
      attributes: { ...attributes },
      orderingKey: orderingKey ?? ''
    }))
  }
}

function statusOf({
  code,
  details,
  retryAfterMs
}: Extract<PublishReply, { kind: 'status' }>): Partial<StatusObject> {
  if (retryAfterMs === undefined) return { code, details }
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', retryDetails({ code, details, retryAfterMs }))
  return { code, details, metadata }
}
