// AWS IoT Core as far as it is known: it demands a client certificate and a server name, on 443 a protocol of ALPN, and it
// keeps to its quotas the way the service does. What exceeds the rate or the messages in flight is discarded without a word and
// counted, in MQTT 5 as well, although that would let it hang up over its Receive Maximum: what nobody tells is the harder case.
// Over what is too large or too deep it hangs up; of two connections with the same client id the older one is ended.

import type { Socket } from 'node:net'
import { TLSSocket, type TlsOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import {
  type ConnectReply,
  type IConnectPacket,
  MqttDouble,
  type Published,
  type PublishReply
} from '../shared/mqtt/double.ts'

export interface AwsIotDoubleOptions {
  readonly clock: Clock
  /** PEM texts: its own certificate, and the authorities whose certificates it knows; others it hangs up on. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string | string[] }
  /** What is spoken: on 443 what ALPN says. */
  readonly port?: 8883 | 443
  readonly quotas?: Partial<Quotas>
  /** How a message that is within the quotas is answered; default: it is confirmed. */
  readonly reply?: (message: Published) => PublishReply
  /** How a client within the quotas that has this certificate is answered; undefined: it is accepted. */
  readonly connect?: (packet: IConnectPacket, certificate: Buffer) => ConnectReply | undefined
  /** Called for what was taken, before it is answered. */
  readonly ledger?: (message: Published) => void
  readonly confirmed?: (message: Published) => void
}

export interface Quotas {
  readonly publishesPerSecond: number
  readonly inFlight: number
  readonly connectIntervalMs: number
  readonly payloadBytes: number
  readonly topicBytes: number
  readonly topicSlashes: number
}

const quotasOfService: Quotas = {
  publishesPerSecond: 100,
  inFlight: 100,
  connectIntervalMs: 1_000,
  payloadBytes: 131_072,
  topicBytes: 256,
  topicSlashes: 7
}

/** What is counted of a connection. */
interface Counts {
  /** When messages of the last second came, the oldest first. */
  readonly publishedMs: number[]
  inFlight: number
}

export class AwsIotDouble extends MqttDouble {
  readonly #options: AwsIotDoubleOptions
  readonly #quotas: Quotas
  readonly #counts = new Map<number, Counts>()
  readonly #connected = new Map<string, { connection: number; atMs: number }>()
  #discarded = 0
  #excesses = 0
  #refusedConnects = 0
  #takenOver = 0
  #mostInSecond = 0
  #mostInFlight = 0

  constructor(options: AwsIotDoubleOptions) {
    const { clock, quotas, tls, port = 8883 } = options
    super({
      clock,
      tls: serverOptions(tls, port),
      admit: socket => this.#admit(socket),
      repliesToExcess: true,
      connect: (packet, connection, socket) =>
        this.#limitConnect(packet, connection) ?? this.#accept(packet, socket),
      reply: message => this.#reply(message),
      confirmed: message => this.#confirmed(message)
    })
    this.#options = options
    this.#quotas = { ...quotasOfService, ...quotas }
  }

  /** Messages that exceeded a quota. */
  get discarded(): number {
    return this.#discarded
  }

  /** Connections that were ended over a message. */
  get excesses(): number {
    return this.#excesses
  }

  /** Connections that came too soon after another of their client id. */
  get refusedConnects(): number {
    return this.#refusedConnects
  }

  /** Connections that were ended because their client id connected once more. */
  get takenOver(): number {
    return this.#takenOver
  }

  /** The most messages that came in any one second on one connection. */
  get mostInSecond(): number {
    return this.#mostInSecond
  }

  /** The most messages that were taken and without PUBACK on one connection. */
  get mostInFlight(): number {
    return this.#mostInFlight
  }

  /** A certificate that is not known has been refused by then. */
  #admit(socket: Socket): boolean {
    const { port = 8883 } = this.#options
    const isMeant = socket instanceof TLSSocket && nameOf(socket) !== null
    const isSpoken = port === 8883 || (socket instanceof TLSSocket && socket.alpnProtocol !== false)
    if (!isMeant || !isSpoken) socket.destroy()
    return isMeant && isSpoken
  }

  /** The refusal of a connection that comes too soon. It ends an older one of the same client id all the same. */
  #limitConnect({ clientId, protocolVersion }: IConnectPacket, connection: number): ConnectReply | undefined {
    const atMs = this.#options.clock.now()
    const other = this.#connected.get(clientId)
    this.#connected.set(clientId, { connection, atMs })
    this.#counts.set(connection, { publishedMs: [], inFlight: 0 })
    if (other === undefined) return undefined
    this.#counts.delete(other.connection)
    if (this.hangUp(other.connection, 0x8e)) this.#takenOver++
    if (atMs - other.atMs >= this.#quotas.connectIntervalMs) return undefined
    this.#refusedConnects++
    return { kind: 'connack', code: protocolVersion === 5 ? 0x97 : 3 }
  }

  #accept(packet: IConnectPacket, socket: Socket): ConnectReply {
    const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : Buffer.alloc(0)
    const own = this.#options.connect?.(packet, certificate)
    if (own !== undefined) return own
    const properties = { receiveMaximum: this.#quotas.inFlight, maximumQoS: 1 }
    return { kind: 'connack', code: 0, ...(packet.protocolVersion === 5 && { properties }) }
  }

  #reply(message: Published): PublishReply {
    const excess = this.#excess(message)
    if (excess !== null) {
      this.#excesses++
      return { kind: 'hangUp', code: excess }
    }
    const counts = this.#counts.get(message.connection)
    if (counts === undefined || !this.#isWithinQuotas(counts)) {
      this.#discarded++
      return { kind: 'discard' }
    }
    this.#options.ledger?.(message)
    const reply = this.#options.reply?.(message) ?? { kind: 'puback' }
    const isAnswered = reply.kind === 'puback' && (reply.code ?? 0) >= 0x80
    if (message.qos > 0 && !isAnswered) counts.inFlight++
    this.#mostInFlight = Math.max(this.#mostInFlight, counts.inFlight)
    return reply
  }

  #isWithinQuotas({ publishedMs, inFlight }: Counts): boolean {
    const nowMs = performance.now() // finer than the clock: what is counted must not be counted in its favour
    while ((publishedMs[0] ?? nowMs) <= nowMs - 1_000) publishedMs.shift()
    if (publishedMs.length >= this.#quotas.publishesPerSecond || inFlight >= this.#quotas.inFlight)
      return false
    publishedMs.push(nowMs)
    this.#mostInSecond = Math.max(this.#mostInSecond, publishedMs.length)
    return true
  }

  #confirmed(message: Published): void {
    const counts = this.#counts.get(message.connection)
    if (counts !== undefined) counts.inFlight--
    this.#options.confirmed?.(message)
  }

  /** The reason to hang up over a message. */
  #excess({ topic, payload }: Published): number | null {
    const { payloadBytes, topicBytes, topicSlashes } = this.#quotas
    const counted = topic.replace(/^\$aws\/rules\/[^/]+\//i, '')
    if (payload.length > payloadBytes) return 0x95
    const isTopic = Buffer.byteLength(counted) <= topicBytes && counted.split('/').length - 1 <= topicSlashes
    return isTopic ? null : 0x90
  }
}

function serverOptions({ cert, key, clientCa }: AwsIotDoubleOptions['tls'], port: 8883 | 443): TlsOptions {
  const mutual = { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return port === 443 ? { ...mutual, ALPNProtocols: ['x-amzn-mqtt-ca'] } : mutual
}

/** The name that the client asked for; null when it did not. */
function nameOf(socket: TLSSocket): string | null {
  const name = 'servername' in socket ? socket.servername : undefined
  return typeof name === 'string' ? name : null
}
