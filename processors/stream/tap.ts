// Where somebody may look on while a stream works. While nobody does it costs one test of a field per message, and nothing
// is made up. What is told is for people: it may be incomplete, and nothing depends on it.

import type { Clock } from '../../connectors/clock.ts'
import type { ErrorCode, OutcomeKind } from '../../schemas/errors.ts'
import type { PendingBatch } from './dispatch/batch.ts'
import type { Pending } from './dispatch/lane.ts'

/** Bytes of a message that are shown. */
const shownBytes = 2_000
/** Messages of a batch that are named. */
const namedMessages = 20

/** Where a message is: `fleet/3 @ 1234`, and of which device. */
export interface Place {
  readonly device: string | null
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export type TapEvent = { readonly atMs: number } & (
  | { readonly event: 'read'; readonly message: Place; readonly ageMs: number; readonly value: string }
  | {
      readonly event: 'sent'
      readonly attempt: number
      readonly destination: string
      readonly batch: BatchView
    }
  | {
      readonly event: 'answered'
      readonly attempt: number
      readonly batch: BatchView
      readonly ms: number
      readonly outcome: OutcomeKind
      readonly code: ErrorCode | null
      readonly detail: string
    }
  | {
      readonly event: 'held' | 'expired' | 'dead-lettered'
      readonly message: Place
      readonly code: string | null
    }
)

export interface BatchView {
  readonly messages: number
  readonly bytes: number
  /** The first of them; of a watcher of one device all of that device. */
  readonly named: readonly Place[]
}

export interface Watcher {
  /** Only what concerns this device; null: everything. */
  readonly device: string | null
  tell(event: TapEvent): void
}

/** What came of an attempt. */
export interface Answer {
  readonly outcome: OutcomeKind
  readonly code: ErrorCode | null
  readonly detail: string
  readonly seconds: number
}

export class Tap {
  /** Somebody looks on. */
  isOn = false
  readonly #clock: Pick<Clock, 'now'>
  readonly #watchers = new Set<Watcher>()
  readonly #attempts = new WeakMap<PendingBatch, number>()
  #attempt = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Tells the watcher everything from now on; call what it returns to end that. */
  add(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    this.isOn = true
    return () => {
      this.#watchers.delete(watcher)
      this.isOn = this.#watchers.size > 0
    }
  }

  read(message: Pending): void {
    const atMs = this.#clock.now()
    const value = message.value().subarray(0, shownBytes).toString()
    this.#tellOf(message, {
      atMs,
      event: 'read',
      message: placeOf(message),
      ageMs: atMs - message.timestampMs,
      value
    })
  }

  ended(event: 'held' | 'expired' | 'dead-lettered', message: Pending, code: string | null = null): void {
    this.#tellOf(message, { atMs: this.#clock.now(), event, message: placeOf(message), code })
  }

  sent(batch: PendingBatch): void {
    const attempt = ++this.#attempt
    this.#attempts.set(batch, attempt)
    const { name: destination } = batch.destination
    const atMs = this.#clock.now()
    this.#tellBatch(batch, view => ({ atMs, event: 'sent', attempt, destination, batch: view }))
  }

  /** Of attempts that began before anybody looked on nothing is told. */
  answered(batch: PendingBatch, { outcome, code, detail, seconds }: Answer): void {
    const attempt = this.#attempts.get(batch)
    if (attempt === undefined) return
    const ms = Math.round(seconds * 1000)
    const atMs = this.#clock.now()
    this.#tellBatch(batch, view => ({
      atMs,
      event: 'answered',
      attempt,
      batch: view,
      ms,
      outcome,
      code,
      detail
    }))
  }

  #tellOf(message: Pending, event: TapEvent): void {
    const device = message.key()
    for (const watcher of this.#watchers)
      if (watcher.device === null || watcher.device === device) watcher.tell(event)
  }

  #tellBatch({ messages, bytes }: PendingBatch, eventOf: (view: BatchView) => TapEvent): void {
    for (const watcher of this.#watchers) {
      const { device } = watcher
      const wanted = device === null ? messages : messages.filter(message => message.key() === device)
      if (wanted.length === 0) continue
      const named = wanted.slice(0, namedMessages).map(placeOf)
      watcher.tell(eventOf({ messages: messages.length, bytes, named }))
    }
  }
}

function placeOf(message: Pending): Place {
  const { topic, partition } = message.origin
  return { device: message.key(), topic, partition, offset: message.offset }
}
