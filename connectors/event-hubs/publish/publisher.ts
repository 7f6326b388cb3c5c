// Sends the messages of all running deliveries over one connection, and keeps its window of batches that are not accepted yet
// full across them. It connects when there is something to send, never by a timer, and sends nothing twice: what a lost connection
// leaves unanswered goes back to the engine.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import type { Publisher } from '../../shared/publishing/publishing-target.ts'
import { Connection, type ConnectionSettings } from '../connect/connection.ts'
import { outcomeOfFault, outcomeOfSend } from '../outcome.ts'
import { Delivery, type Parcel } from './delivery.ts'
import type { Events } from './events.ts'

export class EventHubsPublisher implements Publisher {
  readonly #settings: ConnectionSettings
  readonly #events: Events
  /** Deliveries with messages that are not settled yet, the oldest first. */
  readonly #running = new Set<Delivery>()
  #connection: Connection | undefined
  #isPumpDue = false
  #isClosed = false

  constructor(settings: ConnectionSettings, events: Events) {
    this.#settings = settings
    this.#events = events
  }

  /** Resolves when a connection stands; rejects with a FaultError when none comes about. */
  async connect(): Promise<void> {
    if (this.#isClosed) throw closedFault()
    await (this.#connection ?? this.#connectAnew()).opened
  }

  /** Sends the messages, those of a device in their order. Never rejects; settles at once when `signal` fires. */
  async deliver(messages: readonly Message[], signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const delivery = new Delivery(messages, message => this.#events.keyOf(message))
    const giveUp = () => {
      const { code } = abortFault(signal)
      delivery.giveUp(aborted('unknown', code), aborted('unsent', code))
    }
    this.#running.add(delivery)
    if (signal.aborted) giveUp()
    else if (this.#isClosed) this.#lose(closedFault())
    else signal.addEventListener('abort', giveUp, { once: true })
    this.#schedule()
    const outcome = await delivery.outcome
    this.#running.delete(delivery)
    signal.removeEventListener('abort', giveUp)
    return outcome
  }

  /** Ends the connection; whatever is still on its way is settled by that. Nothing is sent afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true
    const connection = this.#connection
    this.#lose(closedFault())
    await connection?.close()
  }

  #connectAnew(): Connection {
    const connection = new Connection(this.#settings)
    this.#connection = connection
    connection.opened.then(
      () => this.#schedule(),
      () => {}
    )
    void connection.closed.then(fault => {
      this.#connection = undefined
      this.#lose(fault)
    })
    return connection
  }

  /** What is on its way was answered by the connection, or is given up; the rest is unsent. */
  #lose(fault: FaultError): void {
    for (const delivery of this.#running)
      delivery.giveUp(outcomeOfFault(fault, true), outcomeOfFault(fault, false))
  }

  /** Once for all answers of a chunk that was read. */
  #schedule(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    setImmediate(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#isClosed || this.#running.size === 0) return
    const connection = this.#connection ?? this.#connectAnew()
    for (const delivery of this.#running) {
      while (connection.room > 0) {
        const parcel = delivery.next((key, messages) =>
          this.#events.pack(key, messages, connection.maxBatchBytes)
        )
        if (parcel === undefined) break
        void this.#send(connection, delivery, parcel)
      }
    }
  }

  /** Sends in the same turn, but for what is so large that it has to be measured. */
  async #send(connection: Connection, delivery: Delivery, parcel: Parcel): Promise<void> {
    const { key, content } = parcel
    const answer = (outcome: Outcome) => {
      delivery.answer(parcel, outcome)
      // Who is busy, or refuses everybody, is not sent the rest.
      if (outcome.kind === 'retry' || outcome.kind === 'halt') delivery.leave({ ...outcome, kind: 'unsent' })
      this.#schedule()
    }
    if ('kind' in content) return answer(content)
    const { maxBatchBytes } = connection
    const [event] = content
    const isSure = this.#events.fit(key, content, maxBatchBytes)
    try {
      if (!isSure && event !== undefined && !(await connection.fits(event, key)))
        return answer({
          kind: 'reject',
          code: 'event_hubs_too_large',
          detail: `a batch has ${maxBatchBytes} bytes at most`
        })
    } catch (error) {
      return answer(outcomeOfSend(error, this.#settings.mask))
    }
    connection.send(content, key, answer)
  }
}

function closedFault(): FaultError {
  return new FaultError('event_hubs_hung_up', { detail: 'the target was closed' })
}

function aborted(kind: 'unknown' | 'unsent', code: ErrorCode): Failure {
  const detail = kind === 'unknown' ? 'it was not accepted yet' : 'it was not sent yet'
  return { kind, code, detail }
}
