// Publishes the messages of all running deliveries over one connection, and keeps its window of unconfirmed messages full
// across them. It connects when there is something to send, never by a timer, and never sends a message twice: what a lost
// connection leaves unanswered goes back to the engine.

import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../connector.ts'
import { abortFault } from '../shared/abort.ts'
import { Delivery, type Group } from '../shared/publishing/delivery.ts'
import { Suspects } from '../shared/publishing/suspects.ts'
import { detailOf } from '../shared/tls.ts'
import { Connection, type ConnectionSettings } from './connection/connection.ts'
import { faultOfError, outcomeOfBlock, outcomeOfFault } from './outcome.ts'
import type { Publication, Publications } from './publications.ts'
import { Unroutable } from './unroutable.ts'

export class AmqpPublisher {
  readonly #settings: ConnectionSettings
  readonly #publications: Publications
  readonly #suspects = new Suspects()
  readonly #unroutable = new Unroutable()
  /** Deliveries with messages that are not published yet, the oldest first. */
  readonly #waiting: Delivery[] = []
  #connection: Connection | undefined
  #isPumpDue = false
  /** What is in flight has to be so by itself. */
  #isAlone = false
  #isClosed = false

  constructor(settings: ConnectionSettings, publications: Publications) {
    this.#settings = settings
    this.#publications = publications
  }

  async connect(): Promise<void> {
    if (this.#isClosed) throw closedFault()
    this.#connection ??= this.#newConnection()
    await this.#connection.opened
  }

  async deliver(messages: readonly Message[], signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const groups = messages.map((_, at) => [at])
    const delivery = new Delivery(messages, groups, 'amqp_predecessor_failed')
    const giveUp = () => {
      this.#forget(delivery)
      const { code } = abortFault(signal)
      delivery.giveUp(aborted('unknown', code), aborted('unsent', code))
    }
    this.#waiting.push(delivery)
    if (signal.aborted) giveUp()
    else if (this.#isClosed) this.#lose(closedFault())
    else signal.addEventListener('abort', giveUp, { once: true })
    this.#schedule()
    const outcome = await delivery.outcome
    signal.removeEventListener('abort', giveUp)
    return outcome
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#lose(closedFault())
    await this.#connection?.close()
  }

  #newConnection(): Connection {
    const connection = new Connection(this.#settings, () => this.#schedule())
    connection.opened.then(
      () => this.#schedule(),
      () => {}
    )
    void connection.closed.then(fault => {
      this.#connection = undefined
      // Over one message, which is told by itself: the others go on, over a new connection.
      if (fault.code === 'amqp_channel_closed') this.#schedule()
      else this.#lose(fault)
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
    if (this.#waiting.length === 0 || this.#isClosed) return
    const connection = this.#connection
    if (connection === undefined) {
      this.connect().catch(error => this.#lose(faultOfError(error, false)))
      return
    }
    if (connection.blocked !== null) this.#leaveAll(outcomeOfBlock(connection.blocked))
    while (connection.hasRoomFor(0) && !this.#isAlone) {
      const [delivery] = this.#waiting
      if (delivery === undefined) return
      const group = delivery.peek()
      if (group === undefined) this.#waiting.shift()
      else if (!this.#publishNext(connection, delivery, group)) return
    }
  }

  /** What is not sent yet is told at once, rather than when the broker goes on, which may take long. */
  #leaveAll(unsent: Failure): void {
    for (const delivery of this.#waiting.splice(0)) delivery.leave(unsent)
  }

  /** False when it has to wait for room, or until nothing else is in flight. */
  #publishNext(connection: Connection, delivery: Delivery, group: Group): boolean {
    const [message] = delivery.messagesOf(group)
    if (message === undefined) throw new FaultError('internal', { detail: 'nothing to publish' })
    const publication = this.#publications.tryOf(message)
    if ('kind' in publication) {
      delivery.take()
      delivery.settle(group, publication)
      return true
    }
    const alone = this.#suspects.has(message)
    if (alone ? !connection.isIdle : !connection.hasRoomFor(publication.bodyBytes)) return false
    delivery.take()
    if (this.#suspects.mustBeAwaited(message)) delivery.stop(message)
    this.#isAlone = alone
    this.#publish(connection, publication, outcome => {
      this.#isAlone = false
      const told = this.#unroutable.note(message, outcome)
      delivery.settle(group, this.#suspects.note([message], told, alone))
      this.#schedule()
    })
    return true
  }

  #publish(connection: Connection, publication: Publication, answer: (outcome: Outcome) => void): void {
    try {
      connection.publish(publication, answer)
    } catch (error) {
      answer({ kind: 'reject', code: 'amqp_message_unfit', detail: detailOf(error) })
    }
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
