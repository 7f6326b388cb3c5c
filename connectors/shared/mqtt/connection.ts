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
import { InFlight, type Sent } from '../publishing/in-flight.ts'
import { type Address, openStream } from '../tcp/open-stream.ts'
import { detailOf, nativeCode } from '../tls.ts'
import { clientOptions } from './client-options.ts'
import { type Grant, grantOf } from './connack.ts'
import { faultOfDisconnect, faultOfEnd, faultOfError, outcomeOfFault, outcomeOfPuback } from './outcome.ts'
import { maxPacketBytes, publishBytes } from './publish/packet-size.ts'
import type { Publication } from './publish/publications.ts'
import { reasonOf } from './reason.ts'
import { beginningOf, faultOfStranger } from './stranger.ts'

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

export class Connection {
  /** Resolves when the broker has accepted the connection; rejects with a FaultError when it did not come about. */
  readonly opened: Promise<void>
  /** Resolves, with the reason, when the connection has ended in whatever way. */
  readonly closed: Promise<FaultError>
  readonly #settings: ConnectionSettings
  readonly #stream: Duplex
  readonly #client: MqttClient
  readonly #inFlight = new InFlight()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #grant: Grant = { window: 0, maxPacketBytes }
  #fault: FaultError | undefined
  /** The first bytes that came. */
  #begun = nothing
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
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onRefused = reject
    })
    this.opened.catch(() => {}) // `closed` tells it as well
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
    this.#stream = openStream(settings.address, settings.tls)
      .on('error', error => this.#fail(error))
      .once('close', () => this.#end())
    this.#client = new MqttClient(() => this.#stream, clientOptions(settings.identity))
    this.#client
      .once('packetreceive', packet => this.#readConnack(packet))
      .on('packetreceive', ({ cmd }) => this.#refuseForeign(cmd))
      .once('connect', () => this.#open())
      .on('disconnect', packet => this.#fail(faultOfDisconnect(reasonOf(packet, this.#settings.mask))))
      .on('error', error => this.#fail(error))
    // Before the parser, which may take offence at it.
    this.#stream.prependOnceListener('data', (bytes: Buffer) => {
      this.#begun = beginningOf(bytes)
    })
    const late = new FaultError('mqtt_connect_timeout', { detail: `after ${connectTimeoutMs} ms` })
    // Not before there is something to give up: making it may throw.
    this.#cancelTimer = clock.after(connectTimeoutMs, () => this.#fail(late))
  }

  /** How many more messages may be published now. */
  get room(): number {
    const isUsable = this.#state === 'open' && this.#fault === undefined
    return isUsable ? this.#grant.window - this.#inFlight.size : 0
  }

  get isIdle(): boolean {
    return this.#inFlight.isIdle
  }

  /** Null when the broker takes a packet of this size, otherwise what it does not. */
  excessOf(publication: Publication): string | null {
    const bytes = publishBytes(publication, this.#settings.qos)
    return bytes <= this.#grant.maxPacketBytes
      ? null
      : `${bytes} bytes, at most ${this.#grant.maxPacketBytes}`
  }

  /** Sends one PUBLISH; only while there is room. `answer` is called once, at once only for what cannot be written. */
  publish(publication: Publication, answer: (outcome: Outcome) => void): void {
    const sent = this.#inFlight.add(this.#settings.clock.now(), answer)
    if (this.#cancelTimer === undefined) this.#watch()
    const flaw = this.#write(publication, sent)
    if (flaw === undefined) return
    // Nobody can take what was not written to its end, and nothing can follow it on this connection.
    const detail = `it cannot be written as a PUBLISH: ${detailOf(flaw)}`
    this.#inFlight.answer(sent, { kind: 'reject', code: 'mqtt_message_unfit', detail })
    this.#fail(new FaultError('mqtt_connection_lost', { detail: 'a message could not be written' }))
  }

  /** Says good-bye if nothing is in flight, and resolves once the socket is closed. */
  async close(): Promise<void> {
    if (this.#state === 'open' && this.#inFlight.size === 0) {
      this.#stream.once('finish', () => this.#stream.destroy())
      this.#client.end() // writes DISCONNECT, then ends the stream
      const cancel = this.#settings.clock.after(farewellMs, () => this.#stream.destroy())
      await this.closed
      cancel()
    } else this.#stream.destroy()
    await this.closed
  }

  /** What the package has against the message: it throws, or ends the stream with an error of its own. */
  #write({ topic, payload, properties }: Publication, sent: Sent): unknown {
    const { qos, retain } = this.#settings
    const options = properties === null ? { qos, retain } : { qos, retain, properties }
    const wasWhole = this.#stream.errored === null
    try {
      if (qos === 0) {
        this.#client.publish(topic, payload, options)
        this.#confirmOnceWritten(sent)
      } else this.#client.publish(topic, payload, options, (error, packet) => this.#take(sent, error, packet))
    } catch (error) {
      return error
    }
    const { errored } = this.#stream
    return wasWhole && errored !== null && nativeCode(errored) === '' ? errored : undefined
  }

  /** Without an outcome it is the package that gives up: the end of the connection will answer. */
  #take(sent: Sent, error: Error | undefined, packet: Packet | undefined): void {
    const outcome = this.#fault === undefined ? this.#outcomeOf(error, packet) : undefined
    if (outcome !== undefined) this.#inFlight.answer(sent, outcome)
  }

  /** With QoS 0 no answer comes: what counts is that the socket has taken all bytes. One look for all of a turn. */
  #confirmOnceWritten(sent: Sent): void {
    this.#unwritten.push(sent)
    if (this.#unwritten.length > 1) return
    queueMicrotask(() => {
      const written = this.#unwritten
      this.#unwritten = []
      this.#stream.write(nothing, error => {
        if (!error) for (const each of written) this.#inFlight.answer(each, delivered)
      })
    })
  }

  #readConnack(packet: Packet): void {
    const granted = grantOf(packet, this.#settings)
    if (granted instanceof FaultError) this.#fail(granted)
    else this.#grant = granted
  }

  /** The package takes any answer for the one that is due (MQTT 5, 4.3). */
  #refuseForeign(cmd: Packet['cmd']): void {
    const isForeign = this.#settings.qos === 2 ? cmd === 'puback' : cmd === 'pubrec' || cmd === 'pubcomp'
    if (!isForeign) return
    const detail = `${cmd} for a message with QoS ${this.#settings.qos}`
    this.#fail(new FaultError('mqtt_answer_malformed', { detail }))
  }

  #open(): void {
    if (this.#state !== 'opening' || this.#fault !== undefined) return
    this.#state = 'open'
    this.#stopTimer()
    this.#onOpened()
  }

  /** Ends the connection; the first reason is the one that is told. */
  #fail(error: unknown): void {
    const isOpen = this.#state === 'open'
    this.#fault ??= isOpen
      ? faultOfError(error, true)
      : faultOfStranger(error, this.#begun, this.#settings.mask)
    this.#stream.destroy()
  }

  #end(): void {
    const wasOpen = this.#state === 'open'
    const fault = this.#explained(this.#fault ?? faultOfEnd(wasOpen), wasOpen)
    this.#state = 'closed'
    this.#stopTimer()
    this.#inFlight.end(outcomeOfFault(fault, true))
    this.#onRefused(fault)
    this.#onClosed(fault)
  }

  /** Gives up what has waited too long: the oldest message alone, or the whole connection. One timer for all of them. */
  #watch(): void {
    const { clock, ackTimeoutMs } = this.#settings
    this.#cancelTimer = undefined
    for (let { oldest } = this.#inFlight; oldest !== undefined; oldest = this.#inFlight.oldest) {
      const leftMs = oldest.atMs + ackTimeoutMs - clock.now()
      if (leftMs > 0) {
        this.#cancelTimer = clock.after(leftMs, () => this.#watch())
        return
      }
      const about = { detail: `after ${ackTimeoutMs} ms` }
      const unknown = outcomeOfFault(this.#explained(new FaultError('mqtt_passed_over', about), true), true)
      if (!this.#inFlight.giveUpOldest({ ...unknown, scope: 'device' }, this.#grant.window)) {
        this.#fail(new FaultError('mqtt_ack_timeout', about))
        return
      }
    }
  }

  #explained(fault: FaultError, wasOpen: boolean): FaultError {
    return this.#settings.explain?.(fault, wasOpen) ?? fault
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
