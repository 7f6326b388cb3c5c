// One deliver() on its way: which of its messages come next, and what became of each. A message is published only
// while no earlier one of its device has failed, and counts as delivered only then, because the engine will send
// the failed one again and what follows it must arrive after it. Invariant 2

import type { ErrorCode } from '../../../schemas/errors.ts'
import { delivered, type Failure, type Message, type Outcome } from '../../connector.ts'

/** Messages that travel together, in one PUBLISH for instance, as positions in the batch. */
export type Group = readonly number[]

export class Delivery {
  /** One outcome for all when everything was delivered, else one per message. Never rejects. */
  readonly outcome: Promise<Outcome | Outcome[]>
  readonly #messages: readonly Message[]
  readonly #outcomes: (Outcome | undefined)[]
  /** Of a message that has to follow one that failed. */
  readonly #followsCode: ErrorCode
  /** What is not published yet, from `#next` on, in the order in which it will be. */
  readonly #groups: Group[]
  /** Devices of which a message failed; null is the one that all messages without key count as. */
  readonly #failed = new Set<string | null>()
  #next = 0
  #owed: number
  #resolve: (outcome: Outcome | Outcome[]) => void = () => {}

  /** `groups` holds each position once, those of a device in order; `followsCode` is of what has to follow a failure. */
  constructor(messages: readonly Message[], groups: readonly Group[], followsCode: ErrorCode) {
    this.#messages = messages
    this.#groups = [...groups]
    this.#followsCode = followsCode
    this.#outcomes = new Array(messages.length)
    this.#owed = messages.length
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    if (messages.length === 0) this.#resolve(delivered)
  }

  /** What to publish next; undefined when nothing is left. Settles messages that must not be sent now. */
  peek(): Group | undefined {
    for (; this.#next < this.#groups.length; this.#next++) {
      const group = this.#groups[this.#next] ?? []
      if (this.#failed.size === 0) return group
      const sendable = group.filter(position => !this.#isBlocked(position))
      if (sendable.length < group.length) this.#leaveOut(group, sendable)
      if (sendable.length > 0) return sendable
    }
    return undefined
  }

  /** Moves on past what peek() gave. */
  take(): void {
    this.#next++
  }

  /** Nothing more of its device is to be published. */
  stop(message: Message): void {
    this.#failed.add(message.key())
  }

  /** Halves what peek() gave, as the whole cannot be sent; true: there is more to peek at. */
  split(): true {
    const group = this.#groups[this.#next] ?? []
    const middle = Math.ceil(group.length / 2)
    this.#groups.splice(this.#next, 1, group.slice(0, middle), group.slice(middle))
    return true
  }

  messagesOf(group: Group): Message[] {
    return group.flatMap(position => this.#messages[position] ?? [])
  }

  /**
   * Notes what became of messages. Too late for those of a delivery that was given up. Where several were refused as one, it is
   * one of them that is to blame, as a rule, and the others must not be set aside with it.
   */
  settle(group: Group, answer: Outcome): void {
    const isDoubtful = group.length > 1 && group.length < this.#messages.length && isOfMessage(answer)
    const outcome = isDoubtful ? refusedTogether(answer) : answer
    for (const position of group) {
      const message = this.#messages[position]
      if (message === undefined || this.#outcomes[position] !== undefined) continue
      this.#outcomes[position] = outcome
      if (blocks(outcome)) this.#failed.add(message.key())
      this.#owed--
    }
    if (this.#owed === 0) this.#finish()
  }

  /** Settles what is not published yet, and never will be. */
  leave(unpublished: Failure): void {
    this.settle(this.#groups.splice(this.#next).flat(), unpublished)
  }

  /** Settles whatever has no outcome yet: messages that were published, and those that were not. */
  giveUp(published: Failure, unpublished: Failure): void {
    this.leave(unpublished)
    this.settle([...this.#messages.keys()], published)
  }

  #isBlocked(position: number): boolean {
    return this.#failed.has(this.#messages[position]?.key() ?? null)
  }

  #leaveOut(group: Group, sendable: Group): void {
    this.#groups[this.#next] = sendable
    this.settle(
      group.filter(position => !sendable.includes(position)),
      this.#follows('unsent')
    )
  }

  #finish(): void {
    const [first] = this.#outcomes
    const isOne = first !== undefined && this.#outcomes.every(outcome => outcome === first)
    if (this.#failed.size === 0 && this.#outcomes.every(isDelivered)) this.#resolve(delivered)
    else if (isOne && isOfMessage(first))
      this.#resolve(first) // the engine divides a batch that was refused as one
    else this.#resolve(this.#inOrder())
  }

  #follows(kind: 'unsent' | 'unknown'): Failure {
    const detail = kind === 'unsent' ? 'it was not sent' : 'it was sent, and will be sent again'
    return { kind, scope: 'device', code: this.#followsCode, detail }
  }

  /** Takes back what was confirmed although an earlier message of the same device was not. */
  #inOrder(): Outcome[] {
    const failed = new Set<string | null>()
    return this.#messages.map((message, position) => {
      const outcome = this.#outcomes[position] ?? this.#follows('unknown')
      if (outcome.kind === 'delivered' && failed.has(message.key())) return this.#follows('unknown')
      if (blocks(outcome)) failed.add(message.key())
      return outcome
    })
  }
}

/** A rejected message is set aside for good, so what follows it need not wait; that of a refused device is held. */
function blocks({ kind, ...rest }: Outcome): boolean {
  return kind !== 'delivered' && (kind !== 'reject' || ('scope' in rest && rest.scope === 'device'))
}

/** A refusal for what a message is like. */
function isOfMessage(outcome: Outcome): outcome is Failure {
  return outcome.kind === 'reject' && !blocks(outcome)
}

/** Each device goes on with its oldest message alone. */
function refusedTogether({ code, detail }: Failure): Failure {
  return { kind: 'retry', scope: 'device', code: 'refused_together', detail: `${code}: ${detail}` }
}

function isDelivered(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'delivered'
}
