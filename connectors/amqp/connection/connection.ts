// One connection to a broker with its one channel, from the first byte to its end. Every message that is published on it is
// answered exactly once: by the broker's confirmation, or when the connection or the channel ends first.
//
//   opening ──handshake──> open ──good-bye of either side──> closing
//      │                    │ │                                │
//      │                    │ └─ blocked by the broker, and not: nothing is published meanwhile
//      └────────────────────┴─────── lost, refused, out of time ┴────> closed

import { FaultError } from '../../../schemas/errors.ts'
import { delivered, type Outcome } from '../../connector.ts'
import { cutMark } from '../named.ts'
import {
  describe,
  faultOfClose,
  faultOfEnd,
  faultOfError,
  outcomeOfFault,
  outcomeOfNack,
  outcomeOfReturn,
  outcomesOfChannelClose,
  type Reason,
  type Varies
} from '../outcome.ts'
import type { Publication } from '../publications.ts'
import { encodeBody, encodeFrame, type Frame, frameType } from '../wire/frames.ts'
import { decodeMethod, encodeMethod, type Method } from '../wire/methods.ts'
import { AckWatch } from './ack-watch.ts'
import { Confirms, type Window } from './confirms.ts'
import { channel, type Grant, Handshake, type HandshakeOptions } from './handshake.ts'
import { Link, type LinkOptions } from './link.ts'
import { Returns } from './returns.ts'

/** How long a broker may take to answer a good-bye. */
const farewellMs = 1_000

export type ConnectionSettings = HandshakeOptions &
  Window &
  Pick<LinkOptions, 'clock'> & {
    readonly varies: Varies
    readonly mandatory: boolean
    readonly connectTimeoutMs: number
    readonly ackTimeoutMs: number
  }

export class Connection {
  /** Resolves when messages can be published; rejects with a FaultError when it did not come about. */
  readonly opened: Promise<void>
  /** Resolves, with the reason, when the connection has ended in whatever way. */
  readonly closed: Promise<FaultError>
  readonly #settings: ConnectionSettings
  readonly #onChange: () => void
  readonly #link: Link
  readonly #handshake: Handshake
  readonly #confirms: Confirms
  readonly #acks: AckWatch
  readonly #returns: Returns
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening'
  #grant: Grant = { frameMaxBytes: 0, heartbeatSeconds: 0 }
  /** Why the broker takes no messages, on the whole connection and on the channel. */
  readonly #blocks: Record<'connection' | 'channel', string | null> = { connection: null, channel: null }
  #cancelTimer: (() => void) | undefined
  #onOpened: () => void = () => {}
  #onRefused: (fault: FaultError) => void = () => {}
  #onClosed: (fault: FaultError) => void = () => {}

  /** Begins to connect. `onChange` is called when the broker begins or ceases to block. */
  constructor(settings: ConnectionSettings, onChange: () => void) {
    const { clock, mask, broker, connectTimeoutMs: timeoutMs, ackTimeoutMs } = settings
    this.#settings = settings
    this.#confirms = new Confirms(settings)
    this.#acks = new AckWatch({
      ...{ clock, confirms: this.#confirms, ackTimeoutMs },
      blocked: () => this.blocked,
      fail: fault => this.#link.fail(fault)
    })
    this.#onChange = onChange
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onRefused = reject
    })
    this.opened.catch(() => {}) // `closed` tells it as well
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
    this.#returns = new Returns((messageId, reason) => this.#giveBack(messageId, reason))
    this.#link = new Link({
      ...{ clock, mask, broker },
      onFrame: frame => this.#take(frame),
      onEnd: error => this.#end(error)
    })
    this.#handshake = new Handshake(this.#link, settings)
    this.#handshake.done.then(
      grant => this.#open(grant),
      (fault: unknown) => this.#link.finish(fault)
    )
    // Not before there is something to give up: making it may throw.
    this.#cancelTimer = clock.after(timeoutMs, () =>
      this.#link.fail(new FaultError('amqp_connect_timeout', { detail: `after ${timeoutMs} ms` }))
    )
  }

  /** Why the broker takes no messages at the moment, or null. */
  get blocked(): string | null {
    return this.#blocks.connection ?? this.#blocks.channel
  }

  /** Whether nobody waits for a confirmation. */
  get isIdle(): boolean {
    return !this.#confirms.isAwaited
  }

  /** Whether a message of so many bytes may be published now. */
  hasRoomFor(bytes: number): boolean {
    return this.#state === 'open' && this.blocked === null && this.#confirms.hasRoomFor(bytes)
  }

  /** Sends one message; only while there is room. `answer` is called once. Throws a RangeError for what cannot be written. */
  publish(publication: Publication, answer: (outcome: Outcome) => void): void {
    const { body, bytes, messageId, exchange, routingKey } = publication
    const { mandatory } = this.#settings
    const method = encodeMethod('basicPublish', {
      ...{ reserved1: 0, exchange, routingKey, mandatory },
      immediate: false
    })
    const header = encodeFrame({ type: frameType.header, channel, payload: publication.header })
    const { frameMaxBytes } = this.#grant
    // Only contents are cut into several frames; over a longer one a broker ends the connection.
    if (header.length > frameMaxBytes)
      throw new RangeError(`its headers and properties take ${header.length} bytes, at most ${frameMaxBytes}`)
    const place = { exchange, routingKey, bodyBytes: body.length }
    this.#confirms.add({ atMs: this.#settings.clock.now(), place, messageId, bytes, answer })
    this.#acks.start()
    const head = encodeFrame({ type: frameType.method, channel, payload: method })
    this.#link.write(head, header, encodeBody(channel, body, frameMaxBytes))
  }

  /** Says good-bye if nothing is in flight, and resolves once the socket is closed. */
  async close(): Promise<void> {
    if (this.#state === 'open' && this.blocked === null && this.#confirms.isEmpty) {
      this.#state = 'closing'
      this.#stopTimer()
      this.#link.send(0, 'connectionClose', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
      this.#cancelTimer = this.#settings.clock.after(farewellMs, () => this.#link.fail(closedFault()))
    } else if (this.#state !== 'closed') this.#link.fail(closedFault(this.#state === 'open'))
    await this.closed
  }

  #open(grant: Grant): void {
    if (this.#state !== 'opening') return
    this.#state = 'open'
    this.#grant = grant
    this.#stopTimer()
    this.#link.beat(grant.heartbeatSeconds)
    this.#onOpened()
  }

  #take(frame: Frame): void {
    if (frame.channel > channel) throw new Error(`a frame on channel ${frame.channel}`)
    // A confirmation in there could be of the very message.
    if (frame.channel === channel && frame.type === frameType.method && this.#returns.isDue)
      throw new Error('a method within a message that is given back')
    if (frame.type === frameType.method) this.#takeMethod(decodeMethod(frame.payload))
    else this.#returns.take(frame)
  }

  #takeMethod(method: Method): void {
    if (method.name === 'connectionBlocked')
      this.#block('connection', this.#settings.mask.apply(method.args.reason))
    else if (method.name === 'connectionUnblocked') this.#block('connection', null)
    else if (this.#state === 'opening') this.#handshake.take(method)
    else if (this.#state === 'open') this.#takeOpen(method)
    else if (method.name === 'connectionCloseOk') this.#link.fail(closedFault())
  }

  #takeOpen(method: Method): void {
    const { varies } = this.#settings
    if (method.name === 'basicAck') this.#answer(method.args, delivered)
    else if (method.name === 'basicNack') this.#answer(method.args, outcomeOfNack(varies))
    else if (method.name === 'basicReturn') this.#returns.begin(this.#reasonOf(method.args))
    else if (method.name === 'channelFlow') {
      this.#link.send(channel, 'channelFlowOk', { active: method.args.active })
      this.#block('channel', method.args.active ? null : 'channel.flow')
    } else if (method.name === 'channelClose') {
      const reason = this.#reasonOf(method.args)
      this.#link.send(channel, 'channelCloseOk', {})
      this.#state = 'closing'
      this.#confirms.end(places => outcomesOfChannelClose(reason, places, varies))
      this.#link.finish(new FaultError('amqp_channel_closed', { detail: describe(reason) }))
    } else if (method.name === 'connectionClose') {
      this.#link.send(0, 'connectionCloseOk', {})
      this.#state = 'closing'
      this.#link.finish(faultOfClose(this.#reasonOf(method.args), 'open'))
    } else throw new Error(`${method.name}, which was not asked for`)
  }

  #reasonOf({ replyCode: code, replyText }: { replyCode: number; replyText: string }): Reason {
    const { mask } = this.#settings
    const isCut = replyText.endsWith(cutMark)
    const shown = isCut
      ? mask.applyToCut(replyText.slice(0, -cutMark.length)) + cutMark
      : mask.apply(replyText)
    return { code, text: replyText, shown }
  }

  #answer({ deliveryTag, multiple }: { deliveryTag: number; multiple: boolean }, outcome: Outcome): void {
    this.#confirms.answer(deliveryTag, multiple, outcome)
  }

  #giveBack(messageId: string, reason: Reason): void {
    const { varies } = this.#settings
    const isKnown = this.#confirms.markReturned(messageId, place => outcomeOfReturn(reason, place, varies))
    if (!isKnown) throw new Error('a message was given back that was not published')
  }

  #block(where: 'connection' | 'channel', reason: string | null): void {
    const before = this.blocked
    this.#blocks[where] = reason
    if (this.blocked === before) return
    this.#acks.start()
    this.#onChange()
  }

  #end(error: unknown): void {
    const wasOpen = this.#state !== 'opening'
    const fault = error === undefined ? faultOfEnd(wasOpen) : faultOfError(error, wasOpen)
    this.#state = 'closed'
    this.#stopTimer()
    const lost = outcomeOfFault(fault, true)
    this.#confirms.end(places => places.map(() => lost))
    this.#onRefused(fault)
    this.#onClosed(fault)
  }

  #stopTimer(): void {
    this.#acks.stop()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}

/** While it is being opened nothing can have been sent. */
function closedFault(wasOpen = true): FaultError {
  return new FaultError(wasOpen ? 'attempt_aborted' : 'amqp_connect_failed', {
    detail: 'the target was closed'
  })
}
