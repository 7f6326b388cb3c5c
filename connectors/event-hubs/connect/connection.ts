// One connection to a hub, from the first byte to its end, over the client of the SDK. The SDK would reconnect and repeat by itself;
// here a client serves one socket only, which is ours, and sends nothing twice, so nothing of it outlives the connection. Every
// batch is answered exactly once: by what the service says of it, or with `unknown` when the connection ends first.

import { setMaxListeners } from 'node:events'
import { Duplex } from 'node:stream'
import type tls from 'node:tls'
import { type EventData, EventHubProducerClient } from '@azure/event-hubs'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { delivered, type Outcome } from '../../connector.ts'
import type { Mask } from '../../shared/mask.ts'
import { InFlight } from '../../shared/publishing/in-flight.ts'
import { type Address, openStream } from '../../shared/tcp/open-stream.ts'
import { faultOfEnd, faultOfOpening, outcomeOfFault, outcomeOfSend } from '../outcome.ts'
import { type Credential, lent } from './credential.ts'
import { Incoming } from './incoming.ts'
import { StreamSocket } from './stream-socket.ts'

/** How long the service may take to say good-bye as well. */
const farewellMs = 1_000
/** Of the SDK, which never fires: ours come first, and end the connection. */
const spareMs = 60_000
/** AMQP 1.0, part 2, 2.7.9, without an error. The SDK would wait for the answer, and for ever where none comes. */
const closeFrame = Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0, 0x53, 0x18, 0x45])

export interface ConnectionSettings {
  readonly clock: Clock
  readonly address: Address
  /** Undefined for a connection without TLS. */
  readonly tls: tls.ConnectionOptions | undefined
  /** The host that tokens are for. */
  readonly namespace: string
  readonly hub: string
  readonly credential: Credential
  readonly maxInFlight: number
  readonly connectTimeoutMs: number
  readonly ackTimeoutMs: number
  readonly mask: Mask
}

export class Connection {
  /** Resolves when the hub is open for sending; rejects with a FaultError when that did not come about. */
  readonly opened: Promise<void>
  /** Resolves, with the reason, when the connection has ended in whatever way. */
  readonly closed: Promise<FaultError>
  readonly #settings: ConnectionSettings
  readonly #client: EventHubProducerClient
  readonly #inFlight = new InFlight()
  readonly #incoming: Incoming
  /** Ends whatever the SDK waits for. */
  readonly #ending = new AbortController()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #stream: Duplex | undefined
  #fault: FaultError | undefined
  #maxBatchBytes = 0
  #cancelTimer: (() => void) | undefined
  #onOpened: () => void = () => {}
  #onRefused: (fault: FaultError) => void = () => {}
  #onClosed: (fault: FaultError) => void = () => {}

  /** Begins to connect. */
  constructor(settings: ConnectionSettings) {
    const { clock, connectTimeoutMs, ackTimeoutMs, namespace, hub, credential } = settings
    this.#settings = settings
    this.#incoming = new Incoming(settings.mask)
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onRefused = reject
    })
    this.opened.catch(() => {}) // `closed` tells it as well
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
    setMaxListeners(0, this.#ending.signal)
    this.#cancelTimer = clock.after(connectTimeoutMs, () =>
      this.#fail(new FaultError('event_hubs_connect_timeout', { detail: `after ${connectTimeoutMs} ms` }))
    )
    const options = {
      webSocketOptions: {
        webSocket: StreamSocket as never, // the SDK asks for all of a WebSocket, and uses what there is
        webSocketConstructorOptions: {
          open: () => this.#open(),
          receive: (chunk: Buffer, pass: (data: Buffer) => void) => this.#receive(chunk, pass),
          ended: () => this.#givenUp()
        }
      },
      retryOptions: { maxRetries: 0, timeoutInMs: Math.max(connectTimeoutMs, ackTimeoutMs) + spareMs }
    }
    this.#client = new EventHubProducerClient(namespace, hub, lent(credential, this.#ending.signal), options)
    void this.#attach()
  }

  /** How many more batches may be sent now. */
  get room(): number {
    const isUsable = this.#state === 'open' && this.#fault === undefined
    return isUsable ? this.#settings.maxInFlight - this.#inFlight.size : 0
  }

  /** What a batch may have at most, as the service says. */
  get maxBatchBytes(): number {
    return this.#maxBatchBytes
  }

  /** Sends one batch; only while there is room. `answer` is called once, never at once. */
  send(events: readonly EventData[], key: string | null, answer: (outcome: Outcome) => void): void {
    const sent = this.#inFlight.add(this.#settings.clock.now(), answer)
    if (this.#cancelTimer === undefined) this.#watch()
    const abortSignal = this.#ending.signal
    this.#client
      .sendBatch([...events], key === null ? { abortSignal } : { abortSignal, partitionKey: key })
      .then(
        () => this.#inFlight.answer(sent, delivered),
        (error: unknown) => {
          // What ends the connection answers by itself, once it has ended.
          if (this.#ending.signal.aborted) return
          const outcome = outcomeOfSend(error, this.#settings.mask)
          this.#inFlight.answer(sent, outcome)
          if (outcome.code === 'event_hubs_token_refused')
            this.#fail(new FaultError(outcome.code, { detail: outcome.detail }))
        }
      )
  }

  /** Whether an event that is about as large as a batch may be fits into one. Rejects when the connection ends. */
  async fits(event: EventData, key: string | null): Promise<boolean> {
    const abortSignal = this.#ending.signal
    const batch = await this.#client.createBatch(
      key === null ? { abortSignal } : { abortSignal, partitionKey: key }
    )
    return batch.tryAdd(event)
  }

  /** Says good-bye if nothing is in flight, and resolves once the socket is closed. */
  async close(): Promise<void> {
    const detail = 'the target was closed'
    if (this.#state === 'open' && this.#inFlight.size === 0) {
      this.#fault ??= new FaultError('event_hubs_connection_lost', { detail })
      this.#stream?.end(closeFrame)
      const cancel = this.#settings.clock.after(farewellMs, () => this.#stream?.destroy())
      await this.closed
      cancel()
      return
    }
    this.#fail(
      new FaultError(this.#state === 'opening' ? 'event_hubs_hung_up' : 'event_hubs_connection_lost', {
        detail
      })
    )
    await this.closed
  }

  /** Opens the link to the hub, for which the SDK connects and proves who it is. */
  async #attach(): Promise<void> {
    try {
      const batch = await this.#client.createBatch({ abortSignal: this.#ending.signal })
      if (this.#state !== 'opening' || this.#fault !== undefined) return
      this.#maxBatchBytes = batch.maxSizeInBytes || Number.POSITIVE_INFINITY // 0 is no limit: AMQP 1.0, part 2, 2.7.3
      this.#state = 'open'
      this.#stopTimer()
      this.#onOpened()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The socket of this connection; the SDK gets no second one. */
  #open(): Duplex {
    if (this.#stream !== undefined || this.#state !== 'opening' || this.#fault !== undefined)
      return new Duplex({ read() {} }).destroy()
    const stream = openStream(this.#settings.address, this.#settings.tls)
    this.#stream = stream
    return stream
      .on('error', error => this.#fail(error))
      .once('end', () => stream.destroy())
      .once('close', () => this.#end())
  }

  #receive(chunk: Buffer, pass: (data: Buffer) => void): void {
    if (this.#fault !== undefined) return
    const { fit, fault } = this.#incoming.read(chunk, this.#state === 'open')
    if (fault !== null) this.#fault = fault
    if (fit.length > 0) pass(fit)
    if (fault === null) return
    // What was accepted before the end counts, which the SDK tells a moment later.
    if (fit.length > 0) setImmediate(() => this.#fail(fault))
    else this.#fail(fault)
  }

  /** The SDK is done with the connection: a half-closed one would take batches and send none of them. */
  #givenUp(): void {
    // While it is being opened, the SDK is about to say what was wrong.
    if (this.#state === 'open')
      this.#fail(new FaultError('event_hubs_connection_lost', { detail: 'nothing came for too long' }))
  }

  /** Ends the connection; the first reason is the one that is told. */
  #fail(error: unknown): void {
    const { mask } = this.#settings
    this.#fault ??= this.#state === 'opening' ? faultOfOpening(error, mask) : faultOfEnd(error, mask)
    this.#ending.abort()
    if (this.#stream === undefined) this.#end()
    else this.#stream.destroy()
  }

  #end(): void {
    if (this.#state === 'closed') return
    const code = this.#state === 'opening' ? 'event_hubs_hung_up' : 'event_hubs_connection_lost'
    const fault = this.#fault ?? new FaultError(code, { detail: 'the connection was closed' })
    this.#fault = fault
    this.#state = 'closed'
    this.#stopTimer()
    this.#ending.abort()
    this.#inFlight.end(outcomeOfFault(fault, true))
    this.#onRefused(fault)
    this.#onClosed(fault)
  }

  /** Gives up what has waited too long: the oldest batch alone, or the whole connection. One timer for all of them. */
  #watch(): void {
    const { clock, ackTimeoutMs, maxInFlight } = this.#settings
    this.#cancelTimer = undefined
    for (let { oldest } = this.#inFlight; oldest !== undefined; oldest = this.#inFlight.oldest) {
      const leftMs = oldest.atMs + ackTimeoutMs - clock.now()
      if (leftMs > 0) {
        this.#cancelTimer = clock.after(leftMs, () => this.#watch())
        return
      }
      const fault = new FaultError('event_hubs_ack_timeout', { detail: `after ${ackTimeoutMs} ms` })
      if (!this.#inFlight.giveUpOldest({ ...outcomeOfFault(fault, true), scope: 'device' }, maxInFlight)) {
        this.#fail(fault)
        return
      }
    }
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
