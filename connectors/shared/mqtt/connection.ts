// One connection to a broker, from CONNECT to its end, over the client of the mqtt package. The package would keep,
// queue and resend by itself; here a client serves one connection only and is handed a message only while that
// stands, so nothing of it outlives the connection. Every message that was published is answered exactly once: by
// its PUBACK, or with `unknown` when the connection ends first.

import net from 'node:net'
import tls from 'node:tls'
import { type IClientOptions, MqttClient, type Packet, UniqueMessageIdProvider } from 'mqtt'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { delivered, type Outcome } from '../../connector.ts'
import type { Mask } from '../mask.ts'
import {
  faultOfConnack,
  faultOfDisconnect,
  faultOfError,
  outcomeOfFault,
  outcomeOfPuback,
  type Reason
} from './outcome.ts'

/** What the length field of a packet can express, with the header in front of it (MQTT 5, 2.1.4). */
const maxPacketBytes = 268_435_455 + 5
const keepAliveSeconds = 30
const noTimeoutMs = 2_147_483_647
const plain = { qos: 1 as const }

export interface ConnectionSettings {
  readonly clock: Clock
  readonly host: string
  readonly port: number
  /** Undefined for a connection without TLS. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly identity: Pick<IClientOptions, 'protocolVersion' | 'clientId' | 'username' | 'password'>
  readonly topic: string
  /** User properties of every message (MQTT 5). */
  readonly mark: Readonly<Record<string, string>> | null
  readonly maxInFlight: number
  readonly connectTimeoutMs: number
  readonly ackTimeoutMs: number
  readonly mask: Mask
}

interface Sent {
  readonly atMs: number
  answer(outcome: Outcome): void
}

export class Connection {
  /** Resolves when the broker has accepted the connection; rejects with a FaultError when it did not come about. */
  readonly opened: Promise<void>
  /** Resolves, with the reason, when the connection has ended in whatever way. */
  readonly closed: Promise<FaultError>
  readonly #settings: ConnectionSettings
  readonly #socket: net.Socket
  readonly #client: MqttClient
  readonly #inFlight = new Set<Sent>()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #window: number
  #maxPacketBytes = maxPacketBytes
  #fault: FaultError | undefined
  #cancelTimer: (() => void) | undefined
  #onOpened: () => void = () => {}
  #onRefused: (fault: FaultError) => void = () => {}
  #onClosed: (fault: FaultError) => void = () => {}

  /** Begins to connect. */
  constructor(settings: ConnectionSettings) {
    const { clock, connectTimeoutMs } = settings
    this.#settings = settings
    this.#window = settings.maxInFlight
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onRefused = reject
    })
    this.opened.catch(() => {}) // `closed` tells it as well
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
    this.#cancelTimer = clock.after(connectTimeoutMs, () =>
      this.#fail(new FaultError('mqtt_connect_timeout', { detail: `after ${connectTimeoutMs} ms` }))
    )
    this.#socket = openSocket(settings)
      .setNoDelay(true)
      .on('error', error => this.#fail(error))
      .once('close', () => this.#end())
    this.#client = new MqttClient(() => this.#socket, clientOptions(settings))
    this.#client
      .once('packetreceive', packet => this.#readConnack(packet))
      .once('connect', () => this.#open())
      .on('disconnect', packet => this.#fail(faultOfDisconnect(this.#reasonOf(packet))))
      .on('error', error => this.#fail(error))
  }

  /** How many more messages may be published now. */
  get room(): number {
    return this.#state === 'open' ? this.#window - this.#inFlight.size : 0
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0
  }

  /** Null when the broker takes a message of this length, otherwise what it does not. */
  excessOf(payloadBytes: number): string | null {
    const bytes = this.#packetBytes(payloadBytes)
    return bytes <= this.#maxPacketBytes ? null : `${bytes} bytes, at most ${this.#maxPacketBytes}`
  }

  /** Sends one message; only while there is room. `answer` is called once, never at once. */
  publish(payload: Buffer, answer: (outcome: Outcome) => void): void {
    const sent = { atMs: this.#settings.clock.now(), answer }
    this.#inFlight.add(sent)
    if (this.#cancelTimer === undefined) this.#watch()
    const { topic, mark } = this.#settings
    const options = mark === null ? plain : { ...plain, properties: { userProperties: { ...mark } } }
    this.#client.publish(topic, payload, options, (error, packet) => {
      const outcome = this.#outcomeOf(error, packet)
      // Without an outcome it is the package that gives up: the end of the connection will answer.
      if (outcome !== undefined && this.#inFlight.delete(sent)) sent.answer(outcome)
    })
  }

  /** Says good-bye if nothing is in flight, and resolves once the socket is closed. */
  async close(): Promise<void> {
    if (this.#state === 'open' && this.isIdle) {
      this.#socket.once('finish', () => this.#socket.destroy())
      this.#client.end() // writes DISCONNECT, then ends the socket
    } else this.#socket.destroy()
    await this.closed
  }

  #readConnack(packet: Packet): void {
    const fault = this.#faultOfConnack(packet)
    if (fault !== undefined) this.#fail(fault)
    else if (packet.cmd === 'connack') {
      const { receiveMaximum, maximumPacketSize } = packet.properties ?? {}
      // 0 is forbidden for both.
      this.#window = Math.min(this.#window, receiveMaximum || this.#window)
      this.#maxPacketBytes = maximumPacketSize || maxPacketBytes
    }
  }

  #faultOfConnack(packet: Packet): FaultError | undefined {
    if (packet.cmd !== 'connack')
      return new FaultError('mqtt_answer_malformed', { detail: `${packet.cmd} before CONNACK` })
    const reason = this.#reasonOf(packet)
    if (reason.code !== 0) return faultOfConnack(reason)
    return packet.properties?.maximumQoS === 0 ? faultOfConnack({ code: 0x9b }) : undefined
  }

  #open(): void {
    if (this.#state !== 'opening' || this.#fault !== undefined) return
    this.#state = 'open'
    this.#stopTimer()
    this.#onOpened()
  }

  /** Ends the connection; the first reason is the one that is told. */
  #fail(error: unknown): void {
    this.#fault ??= faultOfError(error, this.#state === 'open')
    this.#socket.destroy()
  }

  #end(): void {
    const code = this.#state === 'open' ? 'mqtt_connection_lost' : 'mqtt_connect_failed'
    const fault = this.#fault ?? new FaultError(code, { detail: 'the connection was closed' })
    this.#state = 'closed'
    this.#stopTimer()
    const unanswered = [...this.#inFlight]
    this.#inFlight.clear()
    for (const sent of unanswered) sent.answer(outcomeOfFault(fault, true))
    this.#onRefused(fault)
    this.#onClosed(fault)
  }

  /** Gives the connection up when the oldest message has waited too long. One timer for all of them. */
  #watch(): void {
    const { clock, ackTimeoutMs } = this.#settings
    const [oldest] = this.#inFlight
    this.#cancelTimer = undefined
    if (oldest === undefined) return
    const leftMs = oldest.atMs + ackTimeoutMs - clock.now()
    if (leftMs > 0) this.#cancelTimer = clock.after(leftMs, () => this.#watch())
    else this.#fail(new FaultError('mqtt_ack_timeout', { detail: `after ${ackTimeoutMs} ms` }))
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #outcomeOf(error: Error | undefined, packet: Packet | undefined): Outcome | undefined {
    if (!error) return delivered
    const code = 'code' in error ? error.code : undefined
    if (typeof code !== 'number') return undefined
    return outcomeOfPuback({ ...this.#reasonOf(packet), code })
  }

  #reasonOf(packet: Packet | undefined): Reason {
    if (packet?.cmd !== 'connack' && packet?.cmd !== 'puback' && packet?.cmd !== 'disconnect')
      return { code: 0 }
    const returnCode = packet.cmd === 'connack' ? packet.returnCode : undefined
    const code = packet.reasonCode ?? returnCode ?? 0
    const said = packet.properties?.reasonString
    return said === undefined ? { code } : { code, text: this.#settings.mask.apply(said) }
  }

  /** The size of a PUBLISH with QoS 1 and no properties (MQTT 5, 3.3). */
  #packetBytes(payloadBytes: number): number {
    const { topic, identity, mark } = this.#settings
    const marks = Object.entries(mark ?? {}).map(entry => 5 + Buffer.byteLength(entry.join('')))
    const propertiesBytes = identity.protocolVersion === 5 ? marks.reduce((sum, bytes) => sum + bytes, 1) : 0
    const restBytes = 2 + Buffer.byteLength(topic) + 2 + propertiesBytes + payloadBytes
    const lengthBytes = restBytes < 128 ? 1 : restBytes < 16_384 ? 2 : restBytes < 2_097_152 ? 3 : 4
    return 1 + lengthBytes + restBytes
  }
}

function openSocket({ host, port, tls: secure }: ConnectionSettings): net.Socket {
  return secure === undefined ? net.connect({ host, port }) : tls.connect({ ...secure, host, port })
}

/** Switches off whatever the package would do by itself. */
function clientOptions({ identity }: ConnectionSettings): IClientOptions {
  return {
    ...identity,
    clean: true,
    keepalive: keepAliveSeconds,
    reconnectPeriod: 0,
    connectTimeout: noTimeoutMs, // ours covers all of it, and tells why
    queueQoSZero: false,
    resubscribe: false,
    messageIdProvider: new UniqueMessageIdProvider(),
    log: () => {} // its own would show the user name
  }
}
