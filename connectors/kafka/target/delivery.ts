// One batch on its way: messages that go to the same partition travel as one record batch, which a broker stores as a whole or
// not at all, and all parts are sent at once. What must not be sent at once goes in rounds, one after the other:
//
// - A device whose messages go to different partitions, as fields of them make the topic or the key, sends those of one
//   partition first, and the next ones when these are confirmed; where they failed, nothing later of it is sent. Invariant 2
// - A part that a broker refuses as a whole, because of one message or of its size, is halved: it has stored none of it. The
//   message that is refused alone is the one that is rejected.

import type { Clock } from '../../clock.ts'
import { delivered, type Failure, type Outcome } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import type { Compression } from '../log/kafkajs/produce/batch.ts'
import type { Parcel } from '../log/kafkajs/produce/shipper.ts'
import { isRefusal } from './outcome.ts'
import { encodeOutgoing, type Outgoing } from './records.ts'

/** A partition of a topic; there is one object for each, so that it can be told apart by identity. */
export interface Place {
  readonly topic: string
  readonly partition: number
}

/** A message, where it goes, and what has become of it. */
export interface Entry extends Outgoing {
  readonly place: Place
  /** It may have reached the wire. */
  isWritten: boolean
  outcome: Outcome | null
}

export interface DeliveryEnv {
  readonly clock: Clock
  readonly keepTimestamps: boolean
  readonly compression: Compression
  /** All messages of a device go to one partition. */
  readonly keepDevicesTogether: boolean
  /** Settles every parcel, at most one for each partition. */
  ship(parcels: readonly Parcel[]): void
  outcomeOf(error: unknown, isWritten: boolean): Failure
}

/** The messages of one partition in one round. */
interface Part {
  readonly place: Place
  readonly entries: Entry[]
  isSettled: boolean
}

export class Delivery {
  readonly #env: DeliveryEnv
  readonly #signal: AbortSignal
  /** How many messages of a partition may travel together, where a larger part was refused. */
  readonly #limits = new Map<Place, number>()
  /** Why nothing more is sent to a partition. */
  readonly #failedParts = new Map<Place, Failure>()
  /** Devices of which a message failed. */
  readonly #failedDevices = new Set<string | null>()

  constructor(env: DeliveryEnv, signal: AbortSignal) {
    this.#env = env
    this.#signal = signal
  }

  /** Gives every entry its outcome. Never rejects. */
  async run(entries: readonly Entry[]): Promise<void> {
    let left: readonly Entry[] = entries
    while (left.length > 0) {
      const parts = this.#round(left)
      await this.#send(parts)
      left = left.filter(({ outcome }) => outcome === null)
      for (const entry of left) this.#giveUp(entry)
      left = left.filter(({ outcome }) => outcome === null)
    }
  }

  /** What may be sent now, by partition. */
  #round(entries: readonly Entry[]): Part[] {
    const parts = new Map<Place, Part>()
    const ways = new Map<string | null, Part | null>()
    for (const entry of entries) {
      const { place } = entry
      const part = parts.get(place) ?? { place, entries: [], isSettled: false }
      const isFull = part.entries.length >= (this.#limits.get(place) ?? Number.POSITIVE_INFINITY)
      if (this.#env.keepDevicesTogether) {
        if (isFull) continue
      } else {
        const device = entry.message.key()
        const way = ways.get(device)
        const isOpen = !isFull && (way === undefined || way === part)
        ways.set(device, isOpen ? part : null)
        if (!isOpen) continue
      }
      part.entries.push(entry)
      if (part.entries.length === 1) parts.set(place, part)
    }
    return [...parts.values()]
  }

  /** Resolves when all of them have ended, or the signal has fired. */
  #send(parts: readonly Part[]): Promise<void> {
    return new Promise(resolve => {
      let open = parts.length
      const end = (part: Part, error?: unknown) => {
        if (part.isSettled) return
        part.isSettled = true
        this.#ended(part, error)
        if (--open === 0) finish()
      }
      const abort = () => {
        for (const part of parts) end(part, abortFault(this.#signal))
      }
      const finish = () => {
        this.#signal.removeEventListener('abort', abort)
        resolve()
      }
      this.#signal.addEventListener('abort', abort, { once: true })
      if (this.#signal.aborted) return abort()
      this.#env.ship(parts.map(part => this.#parcel(part, error => end(part, error))))
    })
  }

  #parcel(part: Part, end: (error?: unknown) => void): Parcel {
    const { clock, keepTimestamps, compression } = this.#env
    const nowMs = clock.now()
    return {
      ...part.place,
      sinceMs: nowMs,
      batch: encodeOutgoing(part.entries, { nowMs: keepTimestamps ? null : nowMs, compression }),
      leaves: () => {
        if (part.isSettled) return false
        for (const entry of part.entries) entry.isWritten = true
        return true
      },
      resolve: () => end(),
      reject: error => end(error ?? new Error('it failed without a reason'))
    }
  }

  #ended({ place, entries }: Part, error?: unknown): void {
    const limit = this.#limits.get(place)
    if (error === undefined) {
      for (const entry of entries) entry.outcome = delivered
      if (limit !== undefined) this.#limits.set(place, 2 * limit)
      return
    }
    const failure = this.#env.outcomeOf(error, entries[0]?.isWritten === true)
    if (isRefusal(failure) && entries.length > 1) {
      this.#limits.set(place, Math.ceil(entries.length / 2))
      return
    }
    for (const entry of entries) entry.outcome = failure
    if (isRefusal(failure)) return
    this.#failedParts.set(place, failure)
    if (this.#env.keepDevicesTogether) return
    for (const { message } of entries) this.#failedDevices.add(message.key())
  }

  /** After a failure nothing more is sent to its partition, and nothing of its devices. */
  #giveUp(entry: Entry): void {
    const failure = this.#failedParts.get(entry.place)
    const device = entry.message.key()
    if (failure === undefined && !this.#failedDevices.has(device)) return
    // What a broker has refused together with others was sent, and is not stored.
    const kind = entry.isWritten ? 'retry' : 'unsent'
    const because = failure ?? predecessorFailed
    entry.outcome = because.kind === 'reject' || because.kind === 'halt' ? because : { ...because, kind }
    this.#failedDevices.add(device)
  }
}

export const predecessorFailed: Failure = {
  kind: 'unsent',
  scope: 'device',
  code: 'kafka_target_predecessor_failed',
  detail: ''
}
