// What the outcome of an attempt means for each message of its batch. A message counts as delivered only if no
// earlier message of its lane in the batch failed otherwise than by being rejected. Invariant 2

import type { Failure, Outcome, Scope } from '../../../../connectors/connector.ts'
import { errors } from '../../../../schemas/errors.ts'
import type { Lane, Pending } from '../lane.ts'

export interface Rejection {
  readonly message: Pending
  readonly failure: Failure
}

/** A lane that waits while the rest of its batch goes on. */
export interface Setback {
  readonly lane: Lane
  /** What is owed of it, in order. */
  readonly messages: readonly Pending[]
  readonly failure: Failure
}

export interface Verdict {
  readonly delivered: readonly Pending[]
  readonly rejected: readonly Rejection[]
  readonly setbacks: readonly Setback[]
  /** What the batch still owes, in order, and the gravest failure among it; null when it owes nothing. */
  readonly owed: readonly Pending[]
  readonly failure: Failure | null
  /** Messages that may be, or are, at the target and are sent again. */
  readonly possibleDuplicates: number
}

const gravity: Readonly<Record<Failure['kind'], number>> = {
  unsent: 1,
  retry: 2,
  unknown: 3,
  reject: 4,
  halt: 5
}

/** The part of the stream that a failure holds up. */
export function scopeOf({ kind, scope }: Failure): Scope {
  if (scope !== undefined) return scope
  if (kind === 'reject') return 'message'
  return kind === 'halt' ? 'target' : 'destination'
}

/** Does it hold up single devices only? */
export function isOfDevice(failure: Failure): boolean {
  const scope = scopeOf(failure)
  return scope === 'message' || scope === 'device'
}

/** Does the target refuse the device, and not only the message? Without a key nobody knows which device that is. */
function isDeviceRefused({ keyStart, keyEnd }: Pending, failure: Failure): boolean {
  return failure.kind === 'reject' && failure.scope === 'device' && keyEnd >= keyStart
}

/** Given up by ourselves, because a partition is moving or the process ends: it says nothing about the target. */
export function isGivenUp({ code }: Failure): boolean {
  return code === 'attempt_aborted'
}

/** Did something stay without an answer, for a reason that may be a message? */
export function isLost({ failure, setbacks }: Verdict): boolean {
  const failures = [...(failure === null ? [] : [failure]), ...setbacks.map(setback => setback.failure)]
  return failures.some(one => one.kind === 'unknown' && !isGivenUp(one) && !errors[one.code].isBlameless)
}

/** The outcome with what refuses a device as a refusal of the message alone. */
export function ofMessages(outcome: Outcome | readonly Outcome[]): Outcome | readonly Outcome[] {
  const narrow = (one: Outcome): Outcome =>
    one.kind === 'reject' && one.scope === 'device' ? { ...one, scope: 'message' } : one
  return isList(outcome) ? outcome.map(narrow) : narrow(outcome)
}

/** `messages` as they were sent: those of a lane stand together. */
export function judge(messages: readonly Pending[], outcome: Outcome | readonly Outcome[]): Verdict {
  return isList(outcome) ? judgeEach(messages, outcome) : judgeWhole(messages, outcome)
}

function judgeWhole(messages: readonly Pending[], outcome: Outcome): Verdict {
  const [first] = messages
  const isOneLane = messages.every(message => message.lane === first?.lane)
  // Of a batch of one lane the outcome says as much as an outcome for its first message would.
  const isOfFirst = outcome.kind !== 'delivered' && (outcome.kind !== 'reject' || outcome.scope === 'device')
  if (messages.length === 1 || (isOneLane && isOfFirst))
    return judgeEach(messages, Array(messages.length).fill(outcome))
  if (outcome.kind === 'delivered') return { ...nothing, delivered: messages }
  return {
    ...nothing,
    owed: messages,
    failure: outcome,
    possibleDuplicates: outcome.kind === 'unknown' ? messages.length : 0
  }
}

const nothing: Verdict = {
  delivered: [],
  rejected: [],
  setbacks: [],
  owed: [],
  failure: null,
  possibleDuplicates: 0
}

function judgeEach(messages: readonly Pending[], outcomes: readonly Outcome[]): Verdict {
  const walk = new Walk()
  messages.forEach((message, at) => {
    const outcome = outcomes[at]
    if (outcome === undefined || outcome.kind === 'delivered') walk.confirm(message)
    else walk.fail(message, outcome)
  })
  return walk
}

/** Goes through a batch message by message. */
class Walk implements Verdict {
  readonly delivered: Pending[] = []
  readonly rejected: Rejection[] = []
  readonly setbacks: Setback[] = []
  readonly owed: Pending[] = []
  failure: Failure | null = null
  possibleDuplicates = 0
  /** The lane whose messages are being gone through, and where they go since one of them failed. */
  #lane: Lane | null = null
  #behind: Pending[] | null = null

  confirm(message: Pending): void {
    const behind = this.#behindOf(message)
    if (behind === null) {
      this.delivered.push(message)
      return
    }
    behind.push(message)
    this.possibleDuplicates++
  }

  fail(message: Pending, failure: Failure): void {
    const behind = this.#behindOf(message)
    if (failure.kind === 'unknown') this.possibleDuplicates++
    if (behind !== null) behind.push(message)
    else if (failure.kind === 'reject' && !isDeviceRefused(message, failure))
      this.rejected.push({ message, failure })
    else this.#hold(message, failure)
  }

  #behindOf(message: Pending): Pending[] | null {
    if (message.lane === this.#lane) return this.#behind
    this.#lane = message.lane
    this.#behind = null
    return null
  }

  #hold(message: Pending, failure: Failure): void {
    if (isOfDevice(failure)) {
      const messages = [message]
      this.setbacks.push({ lane: message.lane, messages, failure })
      this.#behind = messages
      return
    }
    this.owed.push(message)
    this.#behind = this.owed
    if (this.failure === null || gravity[failure.kind] > gravity[this.failure.kind]) this.failure = failure
  }
}

/** One outcome per message, or one for the batch as a whole? */
export function isList(outcome: Outcome | readonly Outcome[]): outcome is readonly Outcome[] {
  return Array.isArray(outcome)
}
