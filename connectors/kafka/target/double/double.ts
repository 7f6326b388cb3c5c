// A Kafka cluster of one broker that misbehaves to order: it speaks the few APIs that a producer needs, one to a file, and a
// script says what becomes of every produce request. What is stored can be looked at and not be consumed.

import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import type { Clock } from '../../../clock.ts'
import { DoubleServer } from '../../../shared/double-server.ts'
import { Frames } from '../../log/kafkajs/arriving/frames.ts'
import { Reader } from '../../log/kafkajs/fetch/reader.ts'
import { apiVersions, spoken } from './api-versions.ts'
import { type Cluster, metadata } from './metadata.ts'
import { type ProducedPart, type ProducedRecord, produceResponse, readProduce } from './produce.ts'
import { type Account, saslAuthenticate, saslHandshake } from './sasl.ts'
import { Writer } from './wire.ts'

export type { ProducedPart, ProducedRecord } from './produce.ts'

/** What becomes of a produce request. */
export type ProduceReply =
  | {
      readonly kind: 'answer'
      /** The code of the error of a part; default: 0, it is stored. */
      readonly errorOf?: (part: ProducedPart) => number
      readonly afterMs?: number
      /** How long the client shall wait before its next request. */
      readonly throttleMs?: number
      /** The connection is cut after half of the answer. */
      readonly isCut?: boolean
    }
  /** Never answered. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'hangUp' }

export interface KafkaDoubleOptions extends Pick<Cluster, 'partitionsOf' | 'leaderOf' | 'others'> {
  readonly clock: Clock
  /** Who is let in, by SASL PLAIN; default: everybody, without. */
  readonly account?: Account
  readonly tls?: tls.TlsOptions
  /** Default: everything is stored and confirmed. */
  readonly reply?: (parts: readonly ProducedPart[]) => ProduceReply
  /** Whether it never answers a question for metadata. */
  readonly holdsMetadata?: () => boolean
  /** Called before anything is answered. */
  readonly ledger?: (records: readonly ProducedRecord[]) => void
  /** Called just before records are confirmed. */
  readonly confirmed?: (records: readonly ProducedRecord[]) => void
}

/** A client, until it has proved who it is. */
interface Client {
  readonly socket: Socket
  isIn: boolean
}

const produceKey = 0
const metadataKey = 3
const saslHandshakeKey = 17
const apiVersionsKey = 18
const saslAuthenticateKey = 36

export class KafkaDouble extends DoubleServer {
  readonly #options: KafkaDoubleOptions

  constructor(options: KafkaDoubleOptions) {
    const serve = (socket: Socket) => this.#serve(socket)
    const { clock, tls: secure } = options
    const create = () => (secure === undefined ? net.createServer(serve) : tls.createServer(secure, serve))
    super({ clock, create })
    this.#options = options
  }

  #serve(socket: Socket): void {
    const client: Client = { socket, isIn: this.#options.account === undefined }
    let requests = Promise.resolve()
    const frames = new Frames(frame => {
      // One after the other, as a broker reads them.
      requests = requests.then(() => this.#request(client, frame)).catch(() => void socket.destroy())
    })
    socket.on('error', () => socket.destroy())
    socket.on('data', (data: Buffer) => {
      try {
        feed(frames, data)
      } catch {
        socket.destroy() // what it says is not Kafka
      }
    })
  }

  /** Rejects where a broker hangs up. */
  async #request(client: Client, frame: Buffer): Promise<void> {
    const reader = new Reader(frame)
    reader.int32()
    const key = reader.int16()
    const version = reader.int16()
    const correlationId = reader.int32()
    reader.string() // the client's id
    const [min, max] = spoken.get(key) ?? [0, -1]
    if (key !== apiVersionsKey && (version < min || version > max)) throw new Error('not spoken here')
    const respond = (body: Buffer, end = body.length) => {
      const start = new Writer()
        .int32(4 + body.length)
        .int32(correlationId)
        .take()
      if (!client.socket.destroyed) client.socket.write(Buffer.concat([start, body.subarray(0, end)]))
    }
    if (key === apiVersionsKey) return respond(apiVersions(version))
    if (key === saslHandshakeKey) return respond(saslHandshake(reader))
    if (key === saslAuthenticateKey) return this.#authenticate(client, reader, respond)
    if (!client.isIn) throw new Error('it has not proved who it is')
    if (key === metadataKey && this.#options.holdsMetadata?.() === true) return
    if (key === metadataKey) return respond(metadata(reader, this.#cluster))
    if (key === produceKey) return this.#produce(client, await readProduce(reader), respond)
  }

  get #cluster(): Cluster {
    const { host, port } = this
    return { ...this.#options, host, port }
  }

  #authenticate(client: Client, reader: Reader, respond: (body: Buffer) => void): void {
    const { account } = this.#options
    if (account === undefined) throw new Error('nobody is asked who he is')
    const { isIn, response } = saslAuthenticate(reader, account)
    client.isIn = isIn
    respond(response)
  }

  #produce(
    { socket }: Client,
    parts: readonly ProducedPart[],
    respond: (body: Buffer, end?: number) => void
  ): void {
    const { ledger, confirmed, reply } = this.#options
    ledger?.(parts.flatMap(({ records }) => records))
    const answer: ProduceReply = reply?.(parts) ?? { kind: 'answer' }
    if (answer.kind === 'hold') return
    if (answer.kind === 'hangUp') return void socket.destroy()
    const { errorOf = () => 0, afterMs = 0, throttleMs = 0, isCut = false } = answer
    this.after(afterMs, () => {
      const body = produceResponse(parts, errorOf, throttleMs)
      const stored = parts.filter(part => errorOf(part) === 0)
      confirmed?.(stored.flatMap(({ records }) => records))
      if (!isCut) return respond(body)
      respond(body, body.length >> 1)
      socket.destroySoon()
    })
  }
}

/** Hands bytes to what cuts them into frames. */
function feed(frames: Frames, data: Buffer): void {
  for (let at = 0; at < data.length; ) {
    const taken = data.copy(frames.space(), 0, at)
    frames.filled(taken)
    at += taken
  }
}
