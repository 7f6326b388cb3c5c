// One deliver() on its way: which of its messages travel next, and what became of each. Messages of one partition key are a run.
// Of a run one batch of the service at a time is on its way, since one that is refused may be taken later, and nothing of
// its devices may be taken before it. Runs do not wait for each other. Invariant 2

import type { EventData } from '@azure/event-hubs'
import { delivered, type Failure, type Message, type Outcome } from '../../connector.ts'

/** Messages of one key, as positions; those before `next` are settled or on their way. */
interface Run {
  readonly key: string | null
  readonly positions: readonly number[]
  next: number
  /** How many may travel together: fewer after a batch was refused, to find the message that is to blame. */
  most: number
}

/** The first of some messages of a key, made into what the service takes; a failure where nothing can be made of them. */
export interface Packed {
  readonly count: number
  readonly content: readonly EventData[] | Failure
}

export type Pack = (key: string | null, messages: readonly Message[]) => Packed

/** What travels as one batch of the service. */
export interface Parcel extends Packed {
  readonly key: string | null
}

export class Delivery {
  /** One outcome for all when everything was delivered, else one per message. Never rejects. */
  readonly outcome: Promise<Outcome | Outcome[]>
  readonly #messages: readonly Message[]
  readonly #outcomes: (Outcome | undefined)[]
  /** Runs of which something may be sent now, the one that has waited longest first. */
  readonly #ready: Run[]
  readonly #onTheirWay = new Map<Parcel, Run>()
  #owed: number
  /** Why nothing more is sent; what is on its way may still be accepted. */
  #left: Failure | null = null
  #resolve: (outcome: Outcome | Outcome[]) => void = () => {}

  constructor(messages: readonly Message[], keyOf: (message: Message) => string | null) {
    this.#messages = messages
    this.#outcomes = new Array(messages.length)
    this.#ready = runsOf(messages, keyOf)
    this.#owed = messages.length
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    if (messages.length === 0) this.#resolve(delivered)
  }

  /** What to send next; undefined while there is nothing that may be. */
  next(pack: Pack): Parcel | undefined {
    const run = this.#ready.shift()
    if (run === undefined) return undefined
    const left = run.positions.slice(run.next, run.next + run.most)
    const messages = left.flatMap(position => this.#messages[position] ?? [])
    const parcel = { key: run.key, ...pack(run.key, messages) }
    run.next += parcel.count
    this.#onTheirWay.set(parcel, run)
    return parcel
  }

  /** Notes what became of a parcel. Too late for one of a delivery that was given up. */
  answer(parcel: Parcel, outcome: Outcome): void {
    const run = this.#onTheirWay.get(parcel)
    if (run === undefined) return
    this.#onTheirWay.delete(parcel)
    const first = run.next - parcel.count
    if (this.#left !== null && outcome.kind === 'reject' && parcel.count > 1) {
      // Some of it may be taken later.
      this.#settle(run.positions.slice(first, run.next), { ...this.#left, kind: 'retry' })
      this.#settle(run.positions.slice(run.next), this.#left)
      return
    }
    if (outcome.kind === 'reject' && parcel.count > 1) {
      // It was not taken, and which of its messages is to blame is not said.
      run.next = first
      run.most = Math.ceil(parcel.count / 2)
      this.#ready.unshift(run)
      return
    }
    this.#settle(run.positions.slice(first, run.next), outcome)
    if (outcome.kind === 'delivered' || outcome.kind === 'reject') this.#goOn(run)
    else this.#settle(run.positions.slice(run.next), follows(outcome))
  }

  /** Settles whatever has no outcome yet: messages that were sent, and those that were not. */
  giveUp(sent: Failure, unsent: Failure): void {
    this.leave(unsent)
    for (const [parcel, run] of [...this.#onTheirWay]) {
      this.#onTheirWay.delete(parcel)
      this.#settle(run.positions.slice(run.next - parcel.count, run.next), sent)
      this.#settle(run.positions.slice(run.next), unsent)
    }
  }

  /** Sends nothing more. */
  leave(unsent: Failure): void {
    this.#left ??= unsent
    for (const run of this.#ready.splice(0)) this.#settle(run.positions.slice(run.next), unsent)
  }

  #goOn(run: Run): void {
    run.most *= 2
    if (this.#left !== null) this.#settle(run.positions.slice(run.next), this.#left)
    else if (run.next < run.positions.length) this.#ready.push(run)
  }

  #settle(positions: readonly number[], outcome: Outcome): void {
    for (const position of positions) this.#outcomes[position] = outcome
    this.#owed -= positions.length
    if (this.#owed === 0 && positions.length > 0) this.#finish()
  }

  #finish(): void {
    const outcomes = this.#outcomes.map(outcome => outcome ?? follows(delivered))
    this.#resolve(outcomes.every(({ kind }) => kind === 'delivered') ? delivered : outcomes)
  }
}

function runsOf(messages: readonly Message[], keyOf: (message: Message) => string | null): Run[] {
  const runs = new Map<string | null, number[]>()
  for (const [position, message] of messages.entries()) {
    const key = keyOf(message)
    const positions = runs.get(key)
    if (positions === undefined) runs.set(key, [position])
    else positions.push(position)
  }
  return Array.from(runs, ([key, positions]) => ({
    key,
    positions,
    next: 0,
    most: Number.POSITIVE_INFINITY
  }))
}

/** Of messages behind one that failed: they have the same reason to wait, and nothing of them was written. */
function follows(outcome: Outcome): Failure {
  if (outcome.kind === 'retry' || outcome.kind === 'halt') return { ...outcome, kind: 'unsent' }
  return { kind: 'unsent', scope: 'device', code: 'event_hubs_predecessor_failed', detail: 'it was not sent' }
}
