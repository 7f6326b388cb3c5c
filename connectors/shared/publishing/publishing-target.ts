// A target that publishes over some connections, over which devices are spread: each is a destination of its own, named
// by its number. Which connections these are, and what is published, is decided by the protocol's target.

import { FaultError } from '../../../schemas/errors.ts'
import type { Batch, Message, Outcome, Target, TargetLimits } from '../../connector.ts'
import { unlessAborted } from '../abort.ts'
import { spreadOf } from '../spread.ts'

/** Publishes over one connection, which it opens when there is something to send. */
export interface Publisher {
  /** Resolves when a connection stands; rejects with a FaultError when none comes about. */
  connect(): Promise<void>
  /** Publishes the messages in their order. Never rejects; settles at once when `signal` fires. */
  deliver(messages: readonly Message[], signal: AbortSignal): Promise<Outcome | Outcome[]>
  /** Ends the connection; whatever is still on its way is settled by that. Nothing is sent afterwards. */
  close(): Promise<void>
}

export class PublishingTarget implements Target {
  readonly limits: TargetLimits
  /** The connection of a device; only where there are several. */
  readonly destination?: (message: Message) => string
  readonly #publishers: readonly Publisher[]

  constructor({ maxMessages, maxBytes, batchesInFlight }: TargetLimits, publishers: readonly Publisher[]) {
    this.limits = { maxMessages, maxBytes, batchesInFlight }
    this.#publishers = publishers
    const { length } = publishers
    if (length > 1) this.destination = message => String(spreadOf(message, length))
  }

  /**
   * Connects, which shows whether the other side takes the credentials. One connection is enough to begin: one that does not
   * come about holds up its devices only. Throws a FaultError when none does, or one is refused for good.
   */
  async open(signal: AbortSignal): Promise<void> {
    await unlessAborted(anyOf(this.#publishers.map(publisher => publisher.connect())), signal)
  }

  async deliver({ destination, messages }: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const publisher = this.#publishers[Number(destination)]
    if (publisher === undefined) throw new FaultError('internal', { detail: `no connection ${destination}` })
    return publisher.deliver(messages, signal)
  }

  async close(): Promise<void> {
    await Promise.all(this.#publishers.map(publisher => publisher.close()))
  }
}

/** Resolves once one of them has; rejects when all have, or one with what a person has to mend. */
function anyOf(opened: readonly Promise<void>[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let failed = 0
    for (const one of opened)
      one.then(resolve, (fault: unknown) => {
        failed++
        const isForGood = fault instanceof FaultError && fault.spec.outcome === 'halt'
        if (isForGood || failed === opened.length) reject(fault)
      })
  })
}
