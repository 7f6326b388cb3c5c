// A batch keeps its messages together from the first attempt until each of them has ended: what is tried again is
// the same batch, under the same idempotency key. When the target refuses it as a whole, it is bisected: halves are
// tried one after the other, the earlier first, so that devices stay in order. Once the earlier one has passed, what
// was refused must lie in the later one, which is halved again without being tried.

import type { Link } from './chain.ts'
import type { Destination } from './destination.ts'
import type { Lane, Pending } from './lane.ts'
import { Tries } from './outcome/tries.ts'

/** Messages that are tried after others. */
interface Part {
  messages: Pending[]
  /** It holds what the target refuses, unless that turns up in what is tried before it. */
  isSuspect: boolean
}

export class PendingBatch implements Link<PendingBatch> {
  next: PendingBatch | null = null
  readonly destination: Destination
  /** What the next attempt sends. */
  messages: Pending[]
  /** The lanes that take part. They belong to this batch until it ends. Invariant 2 */
  lanes: Lane[]
  readonly tries = new Tries()
  cancelWait: (() => void) | null = null
  /** Parts that are tried after this one; the last is the next. */
  #behind: Part[] = []
  #wasHalved = false

  constructor(destination: Destination, messages: Pending[], lanes: Lane[]) {
    this.destination = destination
    this.messages = messages
    this.lanes = lanes
  }

  get bytes(): number {
    let bytes = 0
    for (const message of this.messages) bytes += message.size
    return bytes
  }

  /** All that is sent next has its number. */
  get isNumbered(): boolean {
    return this.messages.every(({ sequence }) => sequence !== null)
  }

  /** Nothing of it has failed before. */
  get isFresh(): boolean {
    return !this.#wasHalved && this.tries.failures === 0 && this.lanes.every(lane => lane.tries === null)
  }

  /** Nothing of it is tried after `messages`. */
  get isLastPart(): boolean {
    return this.#behind.length === 0
  }

  /** Halves what is tried next; `isRefused` when that is because the target refuses it as a whole. */
  bisect(isRefused: boolean): void {
    this.refused()
    this.#wasHalved = true
    const half = Math.ceil(this.messages.length / 2)
    this.#behind.push({ messages: this.messages.slice(half), isSuspect: isRefused })
    this.#begin(this.messages.slice(0, half))
  }

  /** Notes that what was tried holds something refused, so that the part behind it may well hold nothing. */
  refused(): void {
    const part = this.#behind.at(-1)
    if (part !== undefined) part.isSuspect = false
  }

  /** Goes on with the part that waits behind; false when there is none. */
  advance(): boolean {
    const part = this.#behind.pop()
    if (part === undefined) return false
    this.#begin(part.messages)
    if (part.isSuspect && part.messages.length > 1) this.bisect(true)
    return true
  }

  /** Only `messages` are left of what was tried: what got no answer may have been the others'. */
  keep(messages: Pending[]): void {
    if (messages.length < this.messages.length) this.tries.forgetUnknowns()
    this.messages = messages
  }

  /** Lets a lane leave before the batch has ended. Returns its messages that had not been tried. */
  leave(lane: Lane): Pending[] {
    const left: Pending[] = []
    const stays = (message: Pending) => message.lane !== lane || left.push(message) === 0
    this.keep(this.messages.filter(message => message.lane !== lane))
    this.lanes = this.lanes.filter(one => one !== lane)
    for (const part of this.#behind.toReversed()) part.messages = part.messages.filter(stays)
    this.#behind = this.#behind.filter(part => part.messages.length > 0)
    return left
  }

  /** Lets lanes leave before the batch has ended, with all that it holds of them. Returns them. It must not be in flight. */
  letGo(leaves: (lane: Lane) => boolean): Lane[] {
    const left = new Map(this.lanes.filter(leaves).map(lane => [lane, [] as Pending[]]))
    if (left.size === 0) return []
    const stays = (message: Pending) => left.get(message.lane)?.push(message) === undefined
    this.keep(this.messages.filter(stays))
    this.lanes = this.lanes.filter(lane => !left.has(lane))
    for (const part of this.#behind.toReversed()) part.messages = part.messages.filter(stays)
    this.#behind = this.#behind.filter(part => part.messages.length > 0)
    for (const [lane, messages] of left) lane.restore(messages)
    if (this.messages.length === 0) this.advance()
    return [...left.keys()]
  }

  /** Drops what is no longer ours, because its partition is assigned elsewhere. Invariant 4 */
  dropClosed(): void {
    const isOurs = (message: Pending) => !message.lane.partition.closed
    this.keep(this.messages.filter(isOurs))
    this.lanes = this.lanes.filter(lane => !lane.partition.closed)
    for (const part of this.#behind) part.messages = part.messages.filter(isOurs)
    this.#behind = this.#behind.filter(part => part.messages.length > 0)
    if (this.messages.length === 0) this.advance()
  }

  /** Gives its messages bytes of their own. */
  detach(): void {
    this.messages = this.messages.map(message => message.detached())
    for (const part of this.#behind) part.messages = part.messages.map(message => message.detached())
    for (const lane of this.lanes) lane.detach()
  }

  #begin(part: Pending[]): void {
    this.messages = part
    this.tries.again()
  }
}
