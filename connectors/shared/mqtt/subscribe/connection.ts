// One connection of a subscriber to a broker, from CONNECT to its end. The client of the mqtt package takes the next
// message only after it has acknowledged the one before, so it could not keep a window of them on their way to Kafka;
// this one speaks the few packets of a subscriber itself. It never acknowledges by itself: settle() does, in the order of
// receipt (MQTT 5, 4.6). What is not settled counts against the window and the budget, and the socket is not read while
// there is no room in either.

import type { Duplex } from 'node:stream'
import type tls from 'node:tls'
import type { IConnackPacket, Packet } from 'mqtt-packet'
import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import type { ByteBudget } from '../../byte-budget.ts'
import type { Mask } from '../../mask.ts'
import { type Address, openStream } from '../../tcp/open-stream.ts'
import { faultOfConnack, faultOfDisconnect, faultOfEnd, faultOfError } from '../outcome.ts'
import { reasonOf } from '../reason.ts'
import type { Delivery, Opened } from './delivery.ts'
import { type Frame, Frames } from './frames.ts'
import { KeepAlive } from './keep-alive.ts'
import { Opening } from './opening.ts'
import { acknowledgementBytes, PacketReader, packetBytes } from './packets.ts'
import { readPublish } from './publish.ts'
import { connectPacket, type Identity, keepAliveSeconds, type Subscriptions } from './requests.ts'
import { Room } from './room.ts'

/** How long a broker may take to end a connection that said good-bye. */
const farewellMs = 1_000
/** The type of a PUBLISH (MQTT 5, 2.1.2). */
const publishType = 3
/** What a message costs beside its packet. */
const overheadBytes = 512

export interface SubscriberSettings {
  readonly clock: Clock
  readonly address: Address
  /** Undefined for a connection without TLS. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly identity: Identity
  readonly subscriptions: Subscriptions
  /** Messages that are not settled at most. */
  readonly maxInFlight: number
  /** Of a larger packet only the beginning is taken. */
  readonly maxPacketBytes: number
  readonly connectTimeoutMs: number
  readonly budget: ByteBudget
  readonly mask: Mask
  /** Called in the order of receipt, also before `opened`: a session may have messages waiting. */
  readonly receive: (delivery: Delivery) => void
}

export class SubscriberConnection {
  /** Resolves once the broker has answered SUBSCRIBE and UNSUBSCRIBE; rejects with a FaultError when it comes to none. */
  readonly opened: Promise<Opened>
  /** Resolves, with the reason, when the connection has ended in whatever way. */
  readonly closed: Promise<FaultError>
  readonly #settings: SubscriberSettings
  readonly #stream: Duplex
  readonly #frames: Frames
  readonly #reader: PacketReader
  readonly #keepAlive: KeepAlive
  readonly #opening: Opening
  readonly #room: Room
  #state: 'connecting' | 'subscribing' | 'open' | 'closing' | 'closed' = 'connecting'
  /** A message was announced that is not read yet, as there is no room for it. */
  #isHeld = false
  #isStopping = false
  #fault: FaultError | undefined
  #cancelTimer: () => void = () => {}
  #onOpened: (opened: Opened) => void = () => {}
  #onRefused: (fault: FaultError) => void = () => {}
  #onClosed: (fault: FaultError) => void = () => {}

  /** Begins to connect. */
  constructor(settings: SubscriberSettings) {
    const { budget, clock, identity, maxInFlight, maxPacketBytes } = settings
    this.#settings = settings
    this.#opening = new Opening(settings.subscriptions)
    this.#frames = new Frames(maxPacketBytes)
    this.#reader = new PacketReader(identity.protocolVersion)
    this.#room = new Room({ budget, maxInFlight, ready: () => this.#goOn() })
    this.#keepAlive = new KeepAlive({
      clock,
      ping: () => this.#send({ cmd: 'pingreq' }),
      isListening: () => !this.#isHeld,
      gone: () => this.fail(new FaultError('mqtt_connection_lost', { detail: 'no answer to PINGREQ' }))
    })
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onRefused = reject
    })
    this.opened.catch(() => {}) // `closed` tells it as well
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
    this.#limit()
    this.#stream = openStream(settings.address, settings.tls)
      .on('error', error => this.fail(error))
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .once('close', () => this.#end())
    this.#send(connectPacket(identity, maxInFlight))
  }

  /**
   * Acknowledges these, the oldest that are not settled, and gives their room to others. Every delivery must be settled
   * once, also when the connection has ended, which it then is not told.
   */
  settle(deliveries: readonly Delivery[]): void {
    for (const { share } of deliveries) share.release()
    if (this.#state === 'closing' || this.#state === 'closed' || this.#fault !== undefined) return
    const bytes = acknowledgementBytes(deliveries)
    if (bytes.length > 0) this.#stream.write(bytes)
    this.#room.settle(deliveries.length)
  }

  /** The broker has let it in. */
  get #wasAccepted(): boolean {
    return this.#state === 'subscribing' || this.#state === 'open'
  }

  /** Takes no further message; what was received may be settled. */
  stopReceiving(): void {
    this.#isStopping = true
  }

  /** Ends the connection at once; nothing more is acknowledged. The first reason is the one that is told. */
  fail(error: unknown): void {
    this.#fault ??= faultOfError(error, this.#wasAccepted)
    this.#stream.destroy()
  }

  /** Says good-bye: the broker keeps the session and sends nothing more. Resolves once the connection is closed. */
  async close(): Promise<void> {
    this.stopReceiving()
    if (this.#state === 'open' || this.#state === 'subscribing') {
      this.#state = 'closing'
      // What still comes is read and thrown away: a socket that is closed with something unread takes back what it sent.
      this.#stream.end(packetBytes({ cmd: 'disconnect' }, this.#settings.identity.protocolVersion))
      this.#stream.resume()
      const cancel = this.#settings.clock.after(farewellMs, () => this.#stream.destroy())
      await this.closed
      cancel()
    } else this.#stream.destroy()
    await this.closed
  }

  #send(packet: Packet): void {
    this.#stream.write(packetBytes(packet, this.#settings.identity.protocolVersion))
  }

  #take(chunk: Buffer): void {
    if (this.#state === 'closing') return
    this.#keepAlive.heard()
    this.#frames.push(chunk)
    this.#read()
  }

  /** Reads on until more must come, or there is no room. */
  #read(): void {
    try {
      while (!this.#isHeld && this.#fault === undefined) {
        const step = this.#frames.next()
        if (step === null) return
        if (step.kind === 'announced') {
          if (step.type === publishType && !this.#admits(step.bytes)) this.#hold()
        } else if (step.type === publishType && this.#state !== 'connecting') this.#receive(step)
        else this.#handle(this.#reader.read(step.bytes))
      }
    } catch (error) {
      this.fail(error)
    }
  }

  #admits(bytes: number): boolean {
    return !this.#isStopping && this.#room.admit(bytes + overheadBytes)
  }

  #hold(): void {
    this.#isHeld = true
    this.#stream.pause()
  }

  #goOn(): void {
    if (this.#isStopping) return
    this.#isHeld = false
    this.#read()
    if (!this.#isHeld) this.#stream.resume()
  }

  #handle(packet: Packet): void {
    if (packet.cmd === 'connack' && this.#state === 'connecting') this.#readConnack(packet)
    else if (packet.cmd === 'pubrel' && this.#state !== 'connecting')
      // The end of QoS 2 (MQTT 5, 4.3.3), of a message taken now or earlier. Nobody looks for repeats: nothing is to be forgotten.
      this.#send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 })
    else if ((packet.cmd === 'suback' || packet.cmd === 'unsuback') && this.#state === 'subscribing') {
      const opened = this.#opening.answered(packet)
      if (opened !== null) this.#open(opened)
    } else if (packet.cmd === 'disconnect')
      this.fail(faultOfDisconnect(reasonOf(packet, this.#settings.mask)))
    else if (packet.cmd !== 'pingresp')
      throw new FaultError('mqtt_answer_malformed', { detail: `${packet.cmd} while ${this.#state}` })
  }

  #readConnack(packet: IConnackPacket): void {
    const reason = reasonOf(packet, this.#settings.mask)
    if (reason.code !== 0) throw faultOfConnack(reason)
    this.#state = 'subscribing'
    this.#keepAlive.start(packet.properties?.serverKeepAlive ?? keepAliveSeconds)
    this.#limit()
    for (const request of this.#opening.begin(packet)) this.#send(request)
  }

  #open(opened: Opened): void {
    this.#state = 'open'
    this.#cancelTimer()
    this.#onOpened(opened)
  }

  #receive(frame: Frame): void {
    const publish = readPublish(frame, this.#settings.identity.protocolVersion)
    this.#settings.receive({ ...publish, cutFrom: frame.cutFrom, share: this.#room.claim() })
  }

  /** What the broker may take for its next answer. What is not read, as there is no room, is not late. */
  #limit(): void {
    const { clock, connectTimeoutMs } = this.#settings
    this.#cancelTimer()
    this.#cancelTimer = clock.after(connectTimeoutMs, () => {
      if (this.#isHeld) this.#limit()
      else this.fail(new FaultError('mqtt_connect_timeout', { detail: `after ${connectTimeoutMs} ms` }))
    })
  }

  #end(): void {
    const fault = this.#fault ?? faultOfEnd(this.#wasAccepted)
    this.#state = 'closed'
    this.#cancelTimer()
    this.#keepAlive.stop()
    this.#room.close()
    this.#onRefused(fault)
    this.#onClosed(fault)
  }
}
