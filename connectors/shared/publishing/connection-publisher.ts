// Publishes the messages of all running deliveries over one connection, and keeps its window of unconfirmed messages
// full across them. It connects when there is something to send, never by a timer, and never sends a message twice:
// what a lost connection leaves unanswered goes back to the engine.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { type Clock, pauseFor } from '../../clock.ts'
import type { Failure, Message, Outcome } from '../../connector.ts'
import { abortFault } from '../abort.ts'
import { Delivery, type Group } from './delivery.ts'
import type { Pace } from './pace.ts'
import type { Protocol, PublishConnection } from './protocol.ts'
import type { Publisher } from './publishing-target.ts'
import { Reconnects } from './reconnects.ts'
import { Suspects } from './suspects.ts'

/** What a platform demands beyond its protocol. */
export interface Manners {
  readonly pace?: Pace
  readonly connects?: ConnectGate
}

/** Where connections must not follow each other too fast. */
export interface ConnectGate {
  /** In how many ms to connect. Called once for each connection. */
  waitMs(): number
  /** The other side knows of the connection by now: it was accepted, or has ended. */
  arrived(): void
}

export class ConnectionPublisher<C extends PublishConnection, P extends object> implements Publisher {
  readonly #protocol: Protocol<C, P>
  readonly #clock: Clock
  readonly #manners: Manners
  readonly #suspects = new Suspects()
  readonly #reconnects = new Reconnects()
  /** Deliveries with messages that are not published yet, the oldest first. */
  readonly #waiting: Delivery[] = []
  readonly #closing = new AbortController()
  #connection: C | undefined
  /** Until the connection that is being opened stands. */
  #opening: Promise<void> | undefined
  #isPumpDue = false
  /** What is in flight has to be so by itself. */
  #isAlone = false
  /** Ends the pause that the pace demands. */
  #cancelPause: (() => void) | undefined

  constructor(protocol: Protocol<C, P>, clock: Clock, manners: Manners = {}) {
    this.#protocol = protocol
    this.#clock = clock
    this.#manners = manners
  }

  connect(): Promise<void> {
    if (this.#connection !== undefined) return this.#connection.opened
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async deliver(messages: readonly Message[], signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const groups = this.#protocol.group(messages, message => this.#suspects.has(message))
    const delivery = new Delivery(messages, groups, this.#protocol.followsCode)
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
    if (waitMs > 0) await pauseFor(this.#clock, waitMs, signal)
    if (signal.aborted) throw closedFault()
    await this.#newConnection().opened.finally(() => connects?.arrived())
  }

  #newConnection(): C {
    const connection = this.#protocol.connect(() => this.#schedule())
    this.#connection = connection
    this.#isAlone = false
    connection.opened.then(
      () => this.#schedule(),
      () => {}
    )
    void connection.closed.then(fault => {
      this.#connection = undefined
      this.#reconnects.ended()
      if (this.#protocol.isOfMessage(fault)) this.#schedule()
      else this.#lose(fault)
    })
    return connection
  }

  /** What the connection has not taken is unsent; what it has was answered by itself. */
  #lose(fault: FaultError): void {
    const sent = this.#protocol.outcomeOfFault(fault, true)
    const unsent = this.#protocol.outcomeOfFault(fault, false)
    for (const delivery of this.#waiting.splice(0)) delivery.giveUp(sent, unsent)
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
      this.connect().catch(error => this.#lose(this.#protocol.faultOfError(error, false)))
      return
    }
    this.#leaveWhileBlocked(connection)
    while (this.#protocol.hasRoomFor(connection) && !this.#isAlone && this.#cancelPause === undefined) {
      const [delivery] = this.#waiting
      if (delivery === undefined) return
      const group = delivery.peek()
      if (group === undefined) this.#waiting.shift()
      else if (!this.#publishNext(connection, delivery, group)) return
    }
  }

  /** What is not sent yet is told at once, rather than when the other side goes on, which may take long. */
  #leaveWhileBlocked(connection: C): void {
    const unsent = this.#protocol.blockOf(connection)
    if (unsent !== null) for (const delivery of this.#waiting.splice(0)) delivery.leave(unsent)
  }

  /** False when it has to wait: for room, for its time, or until nothing else is in flight. */
  #publishNext(connection: C, delivery: Delivery, group: Group): boolean {
    const messages = delivery.messagesOf(group)
    const alone = messages.some(message => this.#suspects.has(message))
    if (alone && !connection.isIdle) return false
    const publication = this.#protocol.make(messages, connection)
    if (isFailure(publication)) {
      // Of several messages it is not said which one is at fault, or whether they are only too many.
      if (group.length > 1) return delivery.split()
      delivery.take()
      delivery.settle(group, publication)
      return true
    }
    if (!alone && !this.#protocol.hasRoomFor(connection, publication)) return false
    if (!this.#isInTime(publication)) return false
    delivery.take()
    for (const message of messages) if (this.#suspects.mustBeAwaited(message)) delivery.stop(message)
    this.#isAlone = alone
    this.#protocol.publish(connection, publication, outcome => {
      if (alone) this.#isAlone = false
      this.#manners.pace?.answered(this.#clock.now())
      this.#reconnects.note(outcome)
      const told = this.#protocol.told(messages, outcome)
      delivery.settle(group, this.#suspects.note(messages, told, alone))
      this.#schedule()
    })
    return true
  }

  /** False when it is too early for one more; then it goes on by itself, at the latest after an answer. */
  #isInTime(publication: P): boolean {
    const waitMs = this.#manners.pace?.take(this.#clock.now(), this.#protocol.bytesOf(publication)) ?? 0
    if (waitMs > 0 && waitMs < Number.POSITIVE_INFINITY) this.#pause(waitMs)
    return waitMs === 0
  }

  #pause(waitMs: number): void {
    this.#cancelPause = this.#clock.after(waitMs, () => {
      this.#cancelPause = undefined
      this.#pump()
    })
  }

  #forget(delivery: Delivery): void {
    const at = this.#waiting.indexOf(delivery)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}

/** A publication has no `kind`. */
function isFailure(made: object): made is Failure {
  return 'kind' in made
}

function closedFault(): FaultError {
  return new FaultError('attempt_aborted', { detail: 'the target was closed' })
}

function aborted(kind: 'unknown' | 'unsent', code: ErrorCode): Failure {
  const detail = kind === 'unknown' ? 'it was not confirmed yet' : 'it was not sent yet'
  return { kind, code, detail }
}
