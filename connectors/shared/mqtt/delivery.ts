// One deliver() on its way: which of its messages comes next, and what became of each. A message is published only
// while no earlier one of its device has failed, and counts as delivered only then, because the engine will send
// the failed one again and what follows it must arrive after it. Invariant 2

import { delivered, type Failure, type Message, type Outcome } from '../../connector.ts'

export class Delivery {
  /** One outcome for all when everything was delivered, else one per message. Never rejects. */
  readonly outcome: Promise<Outcome | Outcome[]>
  readonly #messages: readonly Message[]
  readonly #outcomes: (Outcome | undefined)[]
  /** Devices of which a message failed; null is the one that all messages without key count as. */
  readonly #failed = new Set<string | null>()
  #next = 0
  #owed: number
  #resolve: (outcome: Outcome | Outcome[]) => void = () => {}

  constructor(messages: readonly Message[]) {
    this.#messages = messages
    this.#outcomes = new Array(messages.length)
    this.#owed = messages.length
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    if (messages.length === 0) this.#resolve(delivered)
  }

  /** The message to publish next; undefined when none is left. Settles those that must not be sent now. */
  peek(): Message | undefined {
    let message = this.#messages[this.#next]
    while (message !== undefined && this.#failed.size > 0 && this.#failed.has(message.key())) {
      this.settle(this.#next++, follows('unsent'))
      message = this.#messages[this.#next]
    }
    return message
  }

  /** Moves on past the next message, and returns the position by which it is settled. */
  take(): number {
    return this.#next++
  }

  /** Notes what became of a message. Too late once the delivery was given up. */
  settle(position: number, outcome: Outcome): void {
    const message = this.#messages[position]
    if (message === undefined || this.#outcomes[position] !== undefined) return
    this.#outcomes[position] = outcome
    if (blocks(outcome)) this.#failed.add(message.key())
    if (--this.#owed === 0) this.#finish()
  }

  /** Settles whatever has no outcome yet: messages that were published, and those that were not. */
  giveUp(published: Failure, unpublished: Failure): void {
    const from = this.#next
    this.#next = this.#messages.length
    for (let position = 0; position < this.#messages.length; position++)
      this.settle(position, position < from ? published : unpublished)
  }

  #finish(): void {
    this.#resolve(this.#failed.size === 0 && this.#outcomes.every(isDelivered) ? delivered : this.#inOrder())
  }

  /** Takes back what was confirmed although an earlier message of the same device was not. */
  #inOrder(): Outcome[] {
    const failed = new Set<string | null>()
    return this.#messages.map((message, position) => {
      const outcome = this.#outcomes[position] ?? follows('unknown')
      if (outcome.kind === 'delivered' && failed.has(message.key())) return follows('unknown')
      if (blocks(outcome)) failed.add(message.key())
      return outcome
    })
  }
}

/** A rejected message is set aside for good, so what follows it need not wait. */
function blocks({ kind }: Outcome): boolean {
  return kind !== 'delivered' && kind !== 'reject'
}

function isDelivered(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'delivered'
}

function follows(kind: 'unsent' | 'unknown'): Failure {
  const detail = kind === 'unsent' ? 'it was not sent' : 'it was sent, and will be sent again'
  return { kind, scope: 'device', code: 'mqtt_predecessor_failed', detail }
}
