// What a publisher needs of a protocol: connections over which messages are published and confirmed one by one, and what is
// published of messages.

import type { ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../../connector.ts'
import type { Group } from './delivery.ts'

/** One connection, from the first byte to its end; it is never opened again. */
export interface PublishConnection {
  /** Resolves when messages can be published; rejects with a FaultError when it did not come about. */
  readonly opened: Promise<void>
  /** Resolves, with the reason, when it has ended in whatever way. What is in flight is answered by then. */
  readonly closed: Promise<FaultError>
  /** Whether nobody waits for an answer. */
  readonly isIdle: boolean
  close(): Promise<void>
}

export interface Protocol<C extends PublishConnection, P extends object> {
  /** Of a message that has to follow one that failed. */
  readonly followsCode: ErrorCode
  /** Begins to connect. `onChange` is called when the other side begins or ceases to block. May throw. */
  connect(onChange: () => void): C
  /** Positions of messages that travel together. */
  group(messages: readonly Message[], isAlone: (message: Message) => boolean): Group[]
  /** What is published of messages that travel together, or their outcome when nothing can be. */
  make(messages: readonly Message[], connection: C): P | Failure
  /** What a publication takes, for a pace. */
  bytesOf(publication: P): number
  /** Whether a publication may be in flight beside the others; without one: whether any may. */
  hasRoomFor(connection: C, publication?: P): boolean
  /** Sends it; only while there is room. `answer` is called once. */
  publish(connection: C, publication: P, answer: (outcome: Outcome) => void): void
  /** The outcome of all that is not sent, while the other side takes nothing; null: it does. */
  blockOf(connection: C): Failure | null
  /** How an answer is told, of messages that travelled together. */
  told(messages: readonly Message[], outcome: Outcome): Outcome
  /** Whether a connection ended over one message, which is told by itself, so that the others go on over a new one. */
  isOfMessage(fault: FaultError): boolean
  faultOfError(error: unknown, isOpen: boolean): FaultError
  /** The outcome of messages whose connection ended; `sent` tells whether they may have reached the wire. */
  outcomeOfFault(fault: FaultError, sent: boolean): Failure
}
