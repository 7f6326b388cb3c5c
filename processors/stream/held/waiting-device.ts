// A device that waits in a held partition: what the log says of it, and how far the release of its messages has got.
//
//   waiting -> due -> probing -> releasing -> (gone, once the log says that nothing of it waits)
//      ^                 |           |
//      +---- refused ----+-----------+
//
// due: its oldest message is to be sent, to find out whether the target takes it now; probing: it was offered;
// releasing: it was taken, so the others follow.

import type { Failure } from '../../../connectors/connector.ts'
import { ownBytes } from '../../../connectors/kafka/log/own-bytes.ts'
import type { Lane, Pending } from '../dispatch/lane.ts'
import type { HeldMessage, Released, Why } from './held-record.ts'
import type { ReleasedMessage } from './release/released-message.ts'

export class WaitingDevice {
  readonly topic: string
  readonly key: Buffer
  /** Messages in the log that are not released. */
  count = 0
  /** Where they are, as long as the log is read from its commit on: a marker there may tell of messages below it, too. */
  #places: number[] | null = []
  /** The oldest of them is at this held offset or behind; -1 while the log has none. */
  first = -1
  /** The newest of them. */
  last = -1
  /** The highest offset of an original that was held, and where: what comes again at or below it is there, or has ended. */
  lastOrigin = -1
  lastOriginAt = -1
  /** Its originals may be read in their channel once more: that was not read as far by whoever has it now. */
  mayRepeat = true
  /** The lowest offset of an original to which the steps have not been applied. */
  rawFrom = Number.POSITIVE_INFINITY
  /** Since when the oldest waits. Unix ms. */
  sinceMs: number
  why: Why
  /** What lies below goes to the dead letters, since a person said so. */
  discardBelow = 0

  phase: 'waiting' | 'due' | 'probing' | 'releasing' = 'waiting'
  /** The lane of its messages; null while nobody delivers them. */
  lane: Lane | null = null
  /** Messages that are written and were not read back, by their offset. */
  readonly appending = new Map<number, Pending>()
  /** How often in a row it was refused. */
  failures = 0
  cancelWait: (() => void) | null = null
  /** When it is tried next, in Unix ms; null while it is, or does not wait for that. */
  untilMs: number | null = null
  /** From where its messages are to be read for the release, and the highest original that was. */
  readNext = 0
  readOrigin = -1
  /** The highest original that the log says has ended. */
  releasedOrigin = -1
  /** Offered to the target and not ended, in order; those that ended out of turn are marked. */
  readonly offered: ReleasedMessage[] = []
  offeredBytes = 0
  /** Everything offered up to this held offset has ended; so many that no marker tells of, and the highest original. */
  through = -1
  unmarked = 0
  unmarkedOrigin = -1
  /** Those that are written and were not read back, in order. */
  markers: Released[] = []

  constructor(topic: string, key: Buffer, { sinceMs, why }: { readonly sinceMs: number; readonly why: Why }) {
    this.topic = topic
    this.key = ownBytes([key])
    this.sinceMs = sinceMs
    this.why = why
  }

  get id(): string {
    return deviceId(this.topic, this.key)
  }

  /** The target has refused it or put it off, as far as is known: it is more than dead letters that a person has resent. */
  get isRefused(): boolean {
    return this.failures > 0 || this.lastOrigin >= 0
  }

  /**
   * Does what comes wait, too? Where a person has resent a dead letter, messages that were read before may be on their way to
   * the target. Those that wait are all of the device from one of them on, or a new owner would take what is owed yet for
   * one that waits: so none waits before these have ended, or wait as well.
   */
  get isFollowed(): boolean {
    return this.lastOrigin >= 0 || this.appending.size > 0 || this.lane?.oldest === null
  }

  /** Why its messages cannot meet the steps, as far as it is known before they are tried; null where they can. */
  get lack(): Failure | null {
    if (this.rawFrom === Number.POSITIVE_INFINITY) return null
    return { kind: 'reject', scope: 'device', code: 'attribute_missing', detail: this.why.answer }
  }

  /** Is it known that it waits already? */
  has(offset: number): boolean {
    return offset <= this.lastOrigin
  }

  /** Something of it is to be read for the release. */
  get wants(): boolean {
    return (this.phase === 'due' || this.phase === 'releasing') && this.last >= this.readNext
  }

  /** Nothing of it waits, and nothing is on its way. */
  get isDone(): boolean {
    return this.count === 0 && this.unmarked === 0 && this.appending.size === 0 && this.offered.length === 0
  }

  /** The log has a message of it at `heldOffset`. */
  held(heldOffset: number, message: HeldMessage): void {
    if (this.count === 0) {
      this.first = heldOffset
      this.readNext = Math.max(this.readNext, heldOffset)
      this.sinceMs = message.heldMs
    }
    this.count++
    this.#places?.push(heldOffset)
    this.last = heldOffset
    if (message.owner === null) return
    this.lastOrigin = message.offset
    this.lastOriginAt = heldOffset
    if (message.isRaw) this.rawFrom = Math.min(this.rawFrom, message.offset)
  }

  /** The log says that some have ended. A marker that is there twice says it once. */
  released({ through, messages, offset }: Released): void {
    this.releasedOrigin = Math.max(this.releasedOrigin, offset)
    if (this.count === 0 || through < this.first) return
    this.#places = this.#places?.filter(place => place > through) ?? null
    this.count = this.#places?.length ?? this.count - messages
    this.first = through + 1
    this.readNext = Math.max(this.readNext, this.first)
    this.readOrigin = Math.max(this.readOrigin, offset)
  }

  /** From where the log is needed to know it; infinite where it is not. */
  get base(): number {
    const waiting = this.count > 0 ? this.first : Number.POSITIVE_INFINITY
    return this.mayRepeat && this.lastOriginAt >= 0 ? Math.min(waiting, this.lastOriginAt) : waiting
  }

  /** From now on markers tell only of messages that were counted. */
  known(): void {
    this.#places = null
  }

  /** The target refuses it, as `failure` says. */
  refused({ code, detail }: Failure): void {
    this.why = { code, answer: detail }
    this.failures++
    this.phase = 'waiting'
  }

  /** It has come up now: nothing of it was held before. */
  created(): void {
    this.known()
    this.mayRepeat = false
  }

  offer(message: ReleasedMessage): void {
    this.offered.push(message)
    this.offeredBytes += message.cost
    this.readNext = message.heldOffset + 1
    if (!message.isResent) this.readOrigin = Math.max(this.readOrigin, message.offset)
    if (this.phase === 'due') this.phase = 'probing'
  }

  /** One that was offered has ended. */
  ended(message: ReleasedMessage): void {
    message.hasEnded = true
    for (let [head] = this.offered; head?.hasEnded; head = this.offered[0]) {
      this.offered.shift()
      this.offeredBytes -= head.cost
      this.through = head.heldOffset
      this.unmarked++
      if (!head.isResent) this.unmarkedOrigin = Math.max(this.unmarkedOrigin, head.offset)
    }
    if (this.phase === 'probing') this.phase = 'releasing'
  }

  /** Those that were offered and have not been sent wait on; returns them. They are the newest. */
  takeBack(messages: readonly ReleasedMessage[]): void {
    const [first] = messages
    if (first === undefined) return
    const at = this.offered.indexOf(first)
    for (const message of this.offered.splice(at)) this.offeredBytes -= message.cost
    this.readNext = first.heldOffset
    this.readOrigin = messages.reduce(
      (least, one) => (one.isResent ? least : Math.min(least, one.offset - 1)),
      this.readOrigin
    )
  }

  /** What the next marker says; null when there is nothing to say. */
  takeMarker(owner: string): Released | null {
    if (this.unmarked === 0) return null
    const { topic, through, unmarked: messages, unmarkedOrigin: offset } = this
    const marker = { kind: 'released', owner, topic, through, offset, messages } as const
    this.unmarked = 0
    this.markers.push(marker)
    return marker
  }

  /** A marker was read back. */
  marked(through: number): void {
    this.markers = this.markers.filter(marker => marker.through > through)
  }
}

/** The key of a device in maps. */
export function deviceId(topic: string, key: Buffer | null): string {
  return `${topic}\0${key?.toString('latin1') ?? ''}`
}
