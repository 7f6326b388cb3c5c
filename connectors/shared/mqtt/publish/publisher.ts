// Publishes the messages of all running deliveries over one connection, and keeps its window of unconfirmed messages
// full across them. It connects when there is something to send, never by a timer, and never sends a message twice:
// what a lost connection leaves unanswered goes back to the engine.

import { type ErrorCode, FaultError } from '../../../../schemas/errors.ts'
import { pauseFor } from '../../../clock.ts'
import type { Failure, Message, Outcome } from '../../../connector.ts'
import { abortFault } from '../../abort.ts'
import { Delivery, type Group } from '../../publishing/delivery.ts'
import { Suspects } from '../../publishing/suspects.ts'
import { Connection, type ConnectionSettings } from '../connection.ts'
import { faultOfError, outcomeOfFault } from '../outcome.ts'
import { Reconnects } from '../reconnects.ts'
import type { Pace } from './pace.ts'
import { publishBytes } from './packet-size.ts'
import type { Publication, Publications } from './publications.ts'

/** What a platform demands beyond MQTT. */
export interface Manners {
  readonly pace?: Pace
  readonly connects?: ConnectGate
}

/** Where connections must not follow each other too fast. */
export interface ConnectGate {
  /** In how many ms to connect. Called once for each connection. */
  waitMs(): number
  /** A CONNECT has been read by now: it was answered, or the connection has ended. */
  arrived(): void
}

export class Publisher {
  readonly #settings: ConnectionSettings
  readonly #publications: Publications
  readonly #manners: Manners
  readonly #suspects = new Suspects()
  readonly #reconnects = new Reconnects()
  /** Deliveries with messages that are not published yet, the oldest first. */
  readonly #waiting: Delivery[] = []
  readonly #closing = new AbortController()
  #connection: Connection | undefined
  /** Until the connection that is being opened stands. */
  #opening: Promise<void> | undefined
  #isPumpDue = false
  #isAlone = false
  /** Ends the pause that the pace demands. */
  #cancelPause: (() => void) | undefined

  constructor(settings: ConnectionSettings, publications: Publications, manners: Manners = {}) {
    this.#settings = settings
    this.#publications = publications
    this.#manners = manners
  }

  /** Resolves when a connection stands; rejects with a FaultError when none comes about. */
  connect(): Promise<void> {
    if (this.#connection !== undefined) return this.#connection.opened
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** Publishes the messages in their order. Never rejects; settles at once when `signal` fires. */
  async deliver(messages: readonly Message[], signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const groups = this.#publications.group(messages, message => this.#suspects.has(message))
    const delivery = new Delivery(messages, groups, 'mqtt_predecessor_failed')
    const giveUp = () => {
      this.#forget(delivery)
      const { code } = abortFault(signal)
      delivery.giveUp(aborted('unknown', code), aborted('unsent', code))
    }
    this.#waiting.push(delivery)
    if (signal.aborted) giveUp()
    else if (this.#closing.signal.aborted) this.#lose(closedFault())
    else signal.addEventListener('abort', giveUp, { once: true })
    this.#schedule()
    const outcome = await delivery.outcome
    signal.removeEventListener('abort', giveUp)
    return outcome
  }

  /** Ends the connection; whatever is still on its way is settled by that. Nothing is sent afterwards. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#cancelPause?.()
    this.#lose(closedFault())
    await this.#connection?.close()
  }

  async #open(): Promise<void> {
    const { signal } = this.#closing
    const { connects } = this.#manners
    const waitMs = Math.max(connects?.waitMs() ?? 0, this.#reconnects.waitMs)
    if (waitMs > 0) await pauseFor(this.#settings.clock, waitMs, signal)
    if (signal.aborted) throw closedFault()
    await this.#newConnection().opened.finally(() => connects?.arrived())
  }

  #newConnection(): Connection {
    const connection = new Connection(this.#settings)
    this.#connection = connection
    this.#isAlone = false
    connection.opened.then(
      () => this.#schedule(),
      () => {}
    )
    void connection.closed.then(fault => {
      this.#connection = undefined
      this.#reconnects.ended()
      this.#lose(fault)
    })
    return connection
  }

  /** What the connection has not taken is unsent; what it has was answered by itself. */
  #lose(fault: FaultError): void {
    for (const delivery of this.#waiting.splice(0))
      delivery.giveUp(outcomeOfFault(fault, true), outcomeOfFault(fault, false))
  }

  /** Once for all confirmations of a chunk that was read: what follows them is then one write. */
  #schedule(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    setImmediate(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#waiting.length === 0 || this.#closing.signal.aborted) return
    const connection = this.#connection
    if (connection === undefined) {
      this.connect().catch(error => this.#lose(faultOfError(error, false)))
      return
    }
    while (connection.room > 0 && !this.#isAlone && this.#cancelPause === undefined) {
      const [delivery] = this.#waiting
      if (delivery === undefined) return
      const group = delivery.peek()
      if (group === undefined) this.#waiting.shift()
      else if (!this.#publishNext(connection, delivery, group)) return
    }
  }

  /** False when it has to wait until nothing else is in flight. */
  #publishNext(connection: Connection, delivery: Delivery, group: Group): boolean {
    const messages = delivery.messagesOf(group)
    const alone = messages.some(message => this.#suspects.has(message))
    if (alone && !connection.isIdle) return false
    const publication = this.#make(messages, connection)
    if ('kind' in publication) {
      // Of several messages it is not said which one is at fault, or whether they are only too many.
      if (group.length > 1) return delivery.split()
      delivery.take()
      delivery.settle(group, publication)
      return true
    }
    if (!this.#isInTime(publication)) return false
    delivery.take()
    for (const message of messages) if (this.#suspects.mustBeAwaited(message)) delivery.stop(message)
    this.#isAlone = alone
    connection.publish(publication, outcome => {
      this.#isAlone = false
      this.#manners.pace?.answered(this.#settings.clock.now())
      this.#reconnects.note(outcome)
      delivery.settle(group, this.#suspects.note(messages, outcome, alone))
      this.#schedule()
    })
    return true
  }

  /** False when it is too early for one more; then it goes on by itself, at the latest after an answer. */
  #isInTime(publication: Publication): boolean {
    const { clock, qos } = this.#settings
    const waitMs = this.#manners.pace?.take(clock.now(), publishBytes(publication, qos)) ?? 0
    if (waitMs > 0 && waitMs < Number.POSITIVE_INFINITY) this.#pause(waitMs)
    return waitMs === 0
  }

  #pause(waitMs: number): void {
    const cancel = this.#settings.clock.after(waitMs, () => {
      this.#cancelPause = undefined
      this.#pump()
    })
    this.#cancelPause = cancel
  }

  #make(messages: readonly Message[], connection: Connection): Publication | Failure {
    const publication = this.#publications.tryOf(messages)
    const excess = 'kind' in publication ? null : connection.excessOf(publication)
    return excess === null ? publication : { kind: 'reject', code: 'mqtt_too_large', detail: excess }
  }

  #forget(delivery: Delivery): void {
    const at = this.#waiting.indexOf(delivery)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}

function closedFault(): FaultError {
  return new FaultError('attempt_aborted', { detail: 'the target was closed' })
}

function aborted(kind: 'unknown' | 'unsent', code: ErrorCode): Failure {
  const detail = kind === 'unknown' ? 'it was not confirmed yet' : 'it was not sent yet'
  return { kind, code, detail }
}
