// One connection to a broker, from CONNECT to its end, over the client of the mqtt package. The package would keep,
// queue and resend by itself; here a client serves one connection only and is handed a message only while that
// stands, so nothing of it outlives the connection. Every PUBLISH is answered exactly once: by its PUBACK or PUBCOMP (with QoS 0
// once it is written), or with `unknown` when the connection ends first.

import type { Duplex } from 'node:stream'
import type tls from 'node:tls'
import { type IClientOptions, MqttClient, type Packet } from 'mqtt'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { delivered, type Outcome } from '../../connector.ts'
import type { Mask } from '../mask.ts'
import { clientOptions } from './client-options.ts'
import { type Address, openStream } from './open-stream.ts'
import {
  faultOfConnack,
  faultOfDisconnect,
  faultOfError,
  outcomeOfFault,
  outcomeOfPuback
} from './outcome.ts'
import { maxPacketBytes, publishBytes } from './publish/packet-size.ts'
import type { Publication } from './publish/publications.ts'
import { reasonOf } from './reason.ts'

/** How long a server may take to end a connection that said good-bye. */
const farewellMs = 1_000
const nothing = Buffer.alloc(0)

export interface ConnectionSettings {
  readonly clock: Clock
  readonly address: Address
  /** Undefined for a connection without TLS. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly identity: Pick<IClientOptions, 'protocolVersion' | 'clientId' | 'username' | 'password'>
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** Whether messages have topics of their own, so that a refused one says nothing about the others. */
  readonly haveTopics: boolean
  readonly maxInFlight: number
  readonly connectTimeoutMs: number
  readonly ackTimeoutMs: number
  readonly mask: Mask
  /** What a platform means by an end of the connection, where it is known better than of any broker. */
  readonly explain?: (fault: FaultError, wasOpen: boolean) => FaultError
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
  readonly #stream: Duplex
  readonly #client: MqttClient
  readonly #inFlight = new Set<Sent>()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #window: number
  #maxPacketBytes = maxPacketBytes
  #fault: FaultError | undefined
  #cancelTimer: (() => void) | undefined
  /** Messages with QoS 0 that are not known to be written yet. */
  #unwritten: Sent[] = []
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
    this.#stream = openStream(settings.address, settings.tls)
      .on('error', error => this.#fail(error))
      .once('close', () => this.#end())
    this.#client = new MqttClient(() => this.#stream, clientOptions(settings.identity))
    this.#client
      .once('packetreceive', packet => this.#readConnack(packet))
      .once('connect', () => this.#open())
      .on('disconnect', packet => this.#fail(faultOfDisconnect(reasonOf(packet, this.#settings.mask))))
      .on('error', error => this.#fail(error))
  }

  /** How many more messages may be published now. */
  get room(): number {
    return this.#state === 'open' ? this.#window - this.#inFlight.size : 0
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0
  }

  /** Null when the broker takes a packet of this size, otherwise what it does not. */
  excessOf(publication: Publication): string | null {
    const bytes = publishBytes(publication, this.#settings.qos)
    return bytes <= this.#maxPacketBytes ? null : `${bytes} bytes, at most ${this.#maxPacketBytes}`
  }

  /** Sends one PUBLISH; only while there is room. `answer` is called once, never at once. */
  publish({ topic, payload, properties }: Publication, answer: (outcome: Outcome) => void): void {
    const sent = { atMs: this.#settings.clock.now(), answer }
    this.#inFlight.add(sent)
    if (this.#cancelTimer === undefined) this.#watch()
    const { qos, retain } = this.#settings
    const options = properties === null ? { qos, retain } : { qos, retain, properties }
    if (qos === 0) {
      this.#client.publish(topic, payload, options)
      this.#confirmOnceWritten(sent)
      return
    }
    this.#client.publish(topic, payload, options, (error, packet) => {
      const outcome = this.#outcomeOf(error, packet)
      // Without an outcome it is the package that gives up: the end of the connection will answer.
      if (outcome !== undefined) this.#answer(sent, outcome)
    })
  }

  /** Says good-bye if nothing is in flight, and resolves once the socket is closed. */
  async close(): Promise<void> {
    if (this.#state === 'open' && this.isIdle) {
      this.#stream.once('finish', () => this.#stream.destroy())
      this.#client.end() // writes DISCONNECT, then ends the stream
      const cancel = this.#settings.clock.after(farewellMs, () => this.#stream.destroy())
      await this.closed
      cancel()
    } else this.#stream.destroy()
    await this.closed
  }

  /** With QoS 0 no answer comes: what counts is that the socket has taken all bytes. One look for all of a turn. */
  #confirmOnceWritten(sent: Sent): void {
    this.#unwritten.push(sent)
    if (this.#unwritten.length > 1) return
    queueMicrotask(() => {
      const written = this.#unwritten
      this.#unwritten = []
      this.#stream.write(nothing, error => {
        if (!error) for (const each of written) this.#answer(each, delivered)
      })
    })
  }

  #answer(sent: Sent, outcome: Outcome): void {
    if (this.#inFlight.delete(sent)) sent.answer(outcome)
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
    const reason = reasonOf(packet, this.#settings.mask)
    if (reason.code !== 0) return faultOfConnack(reason)
    const { qos, retain } = this.#settings
    const { maximumQoS = 2, retainAvailable = true } = packet.properties ?? {}
    if (maximumQoS < qos) return faultOfConnack({ code: 0x9b })
    return retain && !retainAvailable ? faultOfConnack({ code: 0x9a }) : undefined
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
    this.#stream.destroy()
  }

  #end(): void {
    const wasOpen = this.#state === 'open'
    const code = wasOpen ? 'mqtt_connection_lost' : 'mqtt_connect_failed'
    const plain = this.#fault ?? new FaultError(code, { detail: 'the connection was closed' })
    const fault = this.#settings.explain?.(plain, wasOpen) ?? plain
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
    return outcomeOfPuback({ ...reasonOf(packet, this.#settings.mask), code }, this.#settings.haveTopics)
  }
}
