// The target of one member: it answers as the plan says, notes what arrives before it answers, and watches that what it
// is given keeps to its limits and that no lane is in two batches.

import { pauseFor } from '../../../../connectors/clock.ts'
import { type Batch, delivered, type Outcome, type Target } from '../../../../connectors/connector.ts'
import type { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { sha256 } from '../../../../processors/stream/receipts/receipt.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { failure } from '../rig.ts'
import type { Fate, Ledger } from './ledger.ts'
import type { Answer, Told } from './plan.ts'

/** How long the engine waits for a target that does not settle when it is told to. */
const graceMs = 1_000

/** What a target's surroundings say at the moment. */
export interface Surroundings {
  readonly clock: VirtualClock
  readonly ledger: Ledger
  /** The process is there to hear of it, and Kafka to take it. */
  isAlive(): boolean
  isDoubtful(): boolean
  /** Rises whenever everything that was under way is another assignment's. */
  lives(): number
  nextAnswer(): Answer
  isRefused(device: number): boolean
  /** Messages that are deadly are so. */
  isFaulty(): boolean
}

interface Said {
  readonly outcome: Outcome | Outcome[]
  readonly each: readonly Outcome[]
  readonly arrives: readonly boolean[]
}

/** Does the engine hear the answer, and may it have become another assignment's meanwhile? */
interface Hearing {
  readonly isHeard: boolean
  readonly isStale: boolean
}

export class OracleTarget implements Target {
  readonly limits: Target['limits']
  /** Where there is but one destination, there is no word of any. */
  readonly destination?: (message: { key(): string | null }) => string
  isClosed = false
  readonly #around: Surroundings
  readonly #inFlight = new Set<string>()
  #openFailures: number

  constructor(around: Surroundings) {
    this.#around = around
    const { maxMessages, maxBytes, batchesInFlight, openFailures, destinations } = around.ledger.settings
    this.limits = { maxMessages, maxBytes, batchesInFlight }
    if (destinations > 1) this.destination = message => String(Number(message.key()) % destinations)
    this.#openFailures = openFailures
  }

  async open(): Promise<void> {
    if (this.#openFailures-- > 0) throw new FaultError('attempt_timeout')
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const { clock, ledger, isAlive, lives } = this.#around
    if (!isAlive()) return new Promise(() => {})
    const fates = batch.messages.map(({ origin, offset }) => ledger.fate(origin.partition, offset))
    if (ledger.settings.numbers) this.#look(batch, fates)
    if (ledger.settings.receipts) noteHashes(batch, fates)
    const release = this.#begin(batch, fates)
    const answer = this.#around.nextAnswer()
    const said = this.#say(answer, fates)
    const life = lives()
    let isHeard = answer.kind !== 'hang'
    let isOver = false
    const aborted = whenAborted(signal)
    void aborted.then(() => clock.after(graceMs - 1, release))
    const givenUp = answer.heedsSignal ? aborted : aborted.then(() => pauseFor(clock, graceMs - 1))
    void givenUp.then(() => {
      if (isAlive() && !isOver) this.#lost(fates)
      isHeard = false
    })
    const arrived = pauseFor(clock, answer.latencyMs).then(() => {
      isHeard &&= isAlive()
      this.#arrive(fates, said, { isHeard, isStale: life !== lives() })
    })
    if (answer.kind === 'hang') await (answer.heedsSignal ? aborted : pauseFor(clock, 10_000))
    else await Promise.race([arrived, givenUp])
    if (!isAlive()) await new Promise(() => {})
    isOver = answer.kind !== 'hang'
    release()
    return isHeard ? said.outcome : failure('unknown')
  }

  /** Each message carries its number. */
  #look({ messages }: Batch, fates: readonly Fate[]): void {
    const { ledger } = this.#around
    for (const [at, { id, sent }] of fates.entries()) {
      const value = JSON.parse(messages[at]?.value().toString() ?? '')
      if (value.id !== id) ledger.wrong(`${value.id} is sent for ${id}`)
      ledger.numbers.requested(sent.device, id, value.seq)
    }
  }

  /** Returns what is to be called when the batch is in flight no longer. */
  #begin(batch: Batch, fates: readonly Fate[]): () => void {
    const { ledger } = this.#around
    const { maxMessages, maxBytes } = this.limits
    const ids = fates.map(({ id }) => id).join(' ')
    if (fates.length > maxMessages || (fates.length > 1 && batch.bytes > maxBytes))
      ledger.wrong(`a batch is too large: ${ids}`)
    if (batch.messages.some(message => (this.destination?.(message) ?? '') !== batch.destination))
      ledger.wrong(`a batch of several destinations: ${ids}`)
    const lanes = new Map<string, number>()
    for (const { id, lane, offset, deaths } of fates) {
      const before = lanes.get(lane)
      if (before !== undefined && ledger.settings.onePerDevice)
        ledger.wrong(`${id} is not alone in its batch`)
      if (deaths > 0) continue // one that is resent comes when a person says so
      if (offset <= (before ?? -1)) ledger.wrong(`${id} is out of order in its batch`)
      lanes.set(lane, offset)
    }
    for (const fate of fates)
      if (ledger.isExpired(fate)) ledger.wrong(`${fate.id} was sent after its time to live`)
    for (const lane of lanes.keys()) {
      if (this.#inFlight.has(lane)) ledger.wrong(`lane ${lane} is in two batches`)
      this.#inFlight.add(lane)
    }
    let isOver = false
    return () => {
      if (!isOver) for (const lane of lanes.keys()) this.#inFlight.delete(lane)
      isOver = true
    }
  }

  #say(answer: Answer, fates: readonly Fate[]): Said {
    const { ledger, isFaulty, isRefused } = this.#around
    const isDeadly = ({ sent }: Fate) => sent.nature === 'deadly' && isFaulty()
    const list = (each: Outcome[], arrived: number): Said => {
      const arrives = each.map(({ kind }, at) => kind === 'delivered' || (kind === 'unknown' && at < arrived))
      return { outcome: each, each, arrives }
    }
    const whole = (outcome: Outcome, arrived: number) => ({
      ...list(
        fates.map(() => outcome),
        arrived
      ),
      outcome
    })
    const natural = ({ sent }: Fate) => {
      if (isRefused(sent.device)) return failure('reject', { scope: 'device' })
      return sent.nature === 'rejected' ? failure('reject') : delivered
    }
    const { kind, told = [], arrived = 0 } = answer
    const death = fates.findIndex(isDeadly)
    if (kind === 'hang') return whole(failure('unknown'), death < 0 ? arrived : Math.min(arrived, death))
    if (kind === 'each') {
      const each = fates.map((fate, at) => {
        const outcome = outcomeOf(told[at % told.length])
        if (outcome.kind !== 'delivered') return outcome
        return isDeadly(fate) ? failure('unknown') : natural(fate)
      })
      return list(each, death < 0 ? arrived : Math.min(arrived, death))
    }
    if (kind === 'whole') return whole(outcomeOf(told[0]), death < 0 ? arrived : Math.min(arrived, death))
    if (death >= 0) return whole(failure('unknown'), death)
    const each = fates.map(natural)
    const refusals = each.filter(({ kind }) => kind === 'reject')
    if (refusals.length === 0) return whole(delivered, 0)
    const refusal = refusals.every(isOfDevice) ? failure('reject', { scope: 'device' }) : failure('reject')
    return ledger.settings.tells === 'whole' ? whole(refusal, 0) : list(each, 0)
  }

  /** Notes what arrives, and what the engine is told of it if it hears it. */
  #arrive(fates: readonly Fate[], said: Said, { isHeard, isStale }: Hearing): void {
    const { ledger, isDoubtful } = this.#around
    const isNamed = Array.isArray(said.outcome) || fates.length === 1
    // Lanes of which something is missing at the target, and those of which the engine counts nothing more.
    const gaps = new Set<string>()
    const failed = new Set<string>()
    for (const [at, fate] of fates.entries()) {
      const outcome = said.each[at] ?? delivered
      const kind = ledger.holds && isOfDevice(outcome) ? 'retry' : outcome.kind
      const arrives = said.arrives[at] === true && fate.sent.nature !== 'rejected'
      const isInPlace = arrives && !gaps.has(fate.lane)
      const isCounted = isHeard && kind === 'delivered' && !failed.has(fate.lane)
      if (isInPlace && (!isCounted || isStale || isDoubtful())) ledger.excuse(fate)
      if (isInPlace) ledger.arrive(fate, !isHeard)
      if (isCounted) fate.isConfirmed = true
      const isRefused = isHeard ? kind === 'reject' : fate.sent.nature === 'rejected'
      if (!arrives && !isRefused) gaps.add(fate.lane)
      if (kind !== 'delivered' && kind !== 'reject') failed.add(fate.lane)
      if (!isHeard || isCounted) continue
      fate.failures++
      if (kind === 'reject' && isNamed) fate.wasRejected = true
      if (kind === 'unknown') fate.unknowns++
      if (kind === 'unknown' && isNamed) fate.wasSuspect = true
    }
  }

  /** The engine is told that nobody knows. */
  #lost(fates: readonly Fate[]): void {
    for (const fate of fates) {
      fate.failures++
      fate.unknowns++
      if (fates.length === 1) fate.wasSuspect = true
    }
  }
}

function noteHashes({ messages }: Batch, fates: readonly Fate[]): void {
  for (const [at, { hashes }] of fates.entries()) hashes.add(sha256(messages[at]?.value() ?? ''))
}

function isOfDevice(outcome: Outcome): boolean {
  return outcome.kind === 'reject' && outcome.scope === 'device'
}

function outcomeOf(told: Told | undefined): Outcome {
  if (told === undefined || told.kind === 'delivered') return delivered
  const { kind, scope, retryAfterMs } = told
  return failure(kind, { ...(scope && { scope }), ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
