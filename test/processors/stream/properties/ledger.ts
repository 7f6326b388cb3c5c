// What is known, outside of the engine, of every message: where it was appended, when it arrived, what the target said of
// it, whether Kafka has its dead letter, and what Kafka was told to be settled. It judges while things happen and keeps
// what it found wrong, since a throw would end in the engine's hands.

import type { AppendRecord, CommitEntry } from '../../../../connectors/kafka/log/log.ts'
import type { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { decodeHeld } from '../../../../processors/stream/held/held-record.ts'
import { decodeMetadata } from '../../../../processors/stream/settlement/commit-metadata.ts'
import { NumberJudge } from './judges/numbers.ts'
import type { Sent, Settings } from './plan.ts'

/** What became of one message. */
export interface Fate {
  /** `device-number`, its value; the rest of the value is padding. */
  readonly id: string
  readonly sent: Sent
  readonly partition: number
  readonly offset: number
  readonly sentMs: number
  /** What must keep its order. */
  readonly lane: string
  /** SHA-256 of its bytes, as they were sent. */
  readonly hashes: Set<string>
  arrivals: number
  /** Reasons for it to arrive once more. */
  excuses: number
  isConfirmed: boolean
  /** Kafka has this many dead letters of it. */
  deaths: number
  /** The held topic has it, and no marker says that it was released. */
  isHeld: boolean
  wasRejected: boolean
  /** Attempts that did not settle it; those without an answer; and was it ever alone, or named, in one of these? */
  failures: number
  unknowns: number
  wasSuspect: boolean
}

interface Committed {
  readonly next: number
  readonly settled: ReadonlySet<number>
}

export class Ledger {
  /** What was found wrong, in order. */
  readonly violations: string[] = []
  readonly fates: Fate[] = []
  readonly settings: Settings
  readonly numbers = new NumberJudge(what => this.wrong(what))
  excuses = 0
  readonly #clock: VirtualClock
  readonly #byOffset = new Map<string, Fate>()
  readonly #committed = new Map<number, Committed>()
  readonly #ends = new Map<number, number>()
  /** Of held partitions, by the name that stands there last. */
  readonly #owners = new Map<number, string>()
  /** The offset that arrived last for the first time, by lane. */
  readonly #newest = new Map<string, number>()

  constructor(settings: Settings, clock: VirtualClock) {
    this.settings = settings
    this.#clock = clock
  }

  wrong(what: string): void {
    this.violations.push(what)
  }

  /** A message is appended now. */
  append(partition: number, sent: Sent): Fate {
    const offset = this.#ends.get(partition) ?? 0
    this.#ends.set(partition, offset + 1)
    const { order } = this.settings
    const id = `${sent.device}-${this.fates.length}`
    const lanes = { device: `${partition} ${sent.device}`, partition: `${partition}`, none: id }
    const fate = {
      ...{ id, sent, partition, offset, sentMs: this.#clock.now(), lane: lanes[order] },
      ...{ arrivals: 0, excuses: 0, isConfirmed: false, deaths: 0, isHeld: false },
      wasRejected: sent.nature === 'text',
      ...{ failures: 0, unknowns: 0, wasSuspect: false, hashes: new Set<string>() }
    }
    this.fates.push(fate)
    this.#byOffset.set(`${partition}/${offset}`, fate)
    return fate
  }

  fate(partition: number, offset: number): Fate {
    const fate = this.#byOffset.get(`${partition}/${offset}`)
    if (fate === undefined) throw new Error(`there is no message ${partition}/${offset}`)
    return fate
  }

  /** `isLate`: after the engine was told that nobody knows. */
  arrive(fate: Fate, isLate: boolean): void {
    // What has ended otherwise meanwhile has no place in the order.
    if (isLate && (this.mayDie(fate) || this.isExpired(fate))) return
    fate.arrivals++
    if (fate.arrivals > fate.excuses + 1)
      this.wrong(`${fate.id} arrived ${fate.arrivals} times without a reason`)
    // One that was set aside, and then not because its process was killed, may come late.
    if (fate.arrivals > 1 || this.mayDie(fate)) return
    const newest = this.#newest.get(fate.lane) ?? -1
    if (fate.offset < newest) this.wrong(`${fate.id} arrived after a later one of its lane`)
    this.#newest.set(fate.lane, Math.max(newest, fate.offset))
  }

  excuse(fate: Fate): void {
    fate.excuses++
    this.excuses++
  }

  /** Something broke the membership of somebody: what has arrived and is not committed may arrive again. */
  excuseUncommitted(): void {
    for (const fate of this.fates)
      if (fate.arrivals > 0 && (fate.isHeld || !this.#isCommitted(fate))) this.excuse(fate)
  }

  /**
   * Kafka has a record in the held topic. Returns whether it counts. One thought dead may have had it under way, and then it
   * stands behind the name of another. And an append that got no answer is repeated as it was, while what it holds is sent,
   * and gets its number, already: readers pass over the second, which stands before any marker that the first has ended.
   */
  held({ key, partition = 0, headers }: AppendRecord): boolean {
    const record = decodeHeld(
      Object.entries(headers ?? {}).map(([key, value]) => ({ key, value: Buffer.from(value) }))
    )
    if (record?.kind === 'owner') this.#owners.set(partition, record.owner)
    if (record?.kind !== 'message' && record?.kind !== 'released') return true
    if (record.owner !== null && record.owner !== this.#owners.get(partition)) return false
    if (record.kind === 'message') {
      const fate = this.fate(partition, record.offset)
      if (fate.isHeld) return false
      fate.isHeld = true
    } else
      for (const fate of this.fates)
        if (fate.sent.device === Number(key) && fate.partition === partition && fate.offset <= record.offset)
          fate.isHeld = false
    return true
  }

  /** Does a device that is refused wait? */
  get holds(): boolean {
    return this.settings.holds && this.settings.order === 'device'
  }

  /** May there be a dead letter of it? */
  mayDie({ wasRejected, unknowns, wasSuspect, failures }: Fate): boolean {
    const { maxAttempts } = this.settings
    return wasRejected || (unknowns >= 3 && wasSuspect) || (maxAttempts !== null && failures >= maxAttempts)
  }

  /** Kafka has a dead letter. */
  died(id: string): void {
    const fate = this.fates.find(one => one.id === id)
    if (fate !== undefined) fate.deaths++
    if (fate === undefined || !this.mayDie(fate))
      this.wrong(`${id} was set aside although it might have been delivered`)
  }

  isExpired({ sentMs }: Fate): boolean {
    const { ttlMs } = this.settings
    return ttlMs !== null && this.#clock.now() - sentMs > ttlMs
  }

  /** Somebody tells Kafka what is settled. */
  checkCommit({ partition, next, metadata }: CommitEntry): void {
    const before = this.#committed.get(partition)
    const end = this.#ends.get(partition) ?? 0
    if (next > end) this.wrong(`commit ${partition}/${next} is beyond the end ${end}`)
    for (let offset = before?.next ?? 0; offset < Math.min(next, end); offset++)
      this.#checkSettled(this.fate(partition, offset), `commit ${partition}/${next}`)
    for (const { from, to } of decodeMetadata(next, metadata)?.settled ?? [])
      for (let offset = from; offset < Math.min(to, end); offset++)
        this.#checkSettled(this.fate(partition, offset), `metadata of ${partition}/${next}`)
  }

  /** Kafka has it. */
  committed({ partition, next, metadata }: CommitEntry): void {
    const before = this.#committed.get(partition)
    const settled = new Set<number>()
    for (const { from, to } of decodeMetadata(next, metadata)?.settled ?? [])
      for (let offset = from; offset < to; offset++) settled.add(offset)
    this.#committed.set(partition, { next, settled })
    if (before === undefined) return
    if (next < before.next) this.wrong(`commit ${partition}/${next} goes back from ${before.next}`)
    for (const offset of before.settled)
      if (offset >= next && !settled.has(offset)) this.wrong(`commit ${partition}/${next} forgets ${offset}`)
  }

  get isAllCommitted(): boolean {
    if (this.fates.some(fate => !this.#hasEnded(fate))) return false
    for (const [partition, end] of this.#ends) if (this.#committed.get(partition)?.next !== end) return false
    return true
  }

  #isCommitted({ partition, offset }: Fate): boolean {
    const committed = this.#committed.get(partition)
    return committed !== undefined && (offset < committed.next || committed.settled.has(offset))
  }

  #hasEnded(fate: Fate): boolean {
    return fate.isConfirmed || fate.deaths > 0 || fate.sent.nature === 'empty' || this.isExpired(fate)
  }

  #checkSettled(fate: Fate, where: string): void {
    if (!fate.isHeld && !this.#hasEnded(fate)) this.wrong(`${where} covers ${fate.id}, which is owed`)
  }
}
