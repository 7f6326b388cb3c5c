// The records that wait for one partition, and the one produce request that is on its way to it. Records share a
// request with those that come while the request before is under way and a few ms later.
//
// Order under retries: at most one request per partition is in flight, and it is repeated until it succeeds or its
// records' time is up, before the next one leaves. That was chosen over kafkajs' idempotent producer, which holds
// one lock per broker (twelve partitions on a broker would wait for each other) and which, after a batch was given
// up, reuses its sequence numbers: the broker may then take the next batch for a repeat and drop it while
// acknowledging it. The price is a possible repeat of one request when Kafka dies between storing and answering.

import { type Clock, pauseFor } from '../../../clock.ts'
import type { AppendRecord } from '../log.ts'
import { sizeOf } from '../record-size.ts'

export interface QueueLimits {
  /** From append to rejection. */
  readonly deadlineMs: number
  /** Of one request; a single larger record travels alone. */
  readonly maxBytes: number
  readonly maxRecords: number
}

/** Records of one append for one partition that fit into one request. */
export interface Chunk {
  readonly records: AppendRecord[]
  bytes: number
}

/** Records that were appended together, and their caller. */
interface Entry {
  readonly records: readonly AppendRecord[]
  readonly bytes: number
  readonly sinceMs: number
  settled: boolean
  resolve(): void
  reject(error: unknown): void
}

/** What a failed request means for its records. */
export interface Verdict {
  /** What their callers get, now or when their time is up. */
  readonly fault: Error
  readonly retry: boolean
  /** One record may be the reason: the entries are sent one by one, so that only the guilty one fails. */
  readonly alone: boolean
}

export interface QueueEnv {
  readonly clock: Clock
  /** They follow the topic. */
  limits(): QueueLimits
  /** Calls back when records that came now have waited for company long enough; returns what cancels it. */
  linger(fn: () => void): () => void
  /** Rejects when the records, of which the oldest was appended at `sinceMs`, are not known to be stored. */
  send(records: readonly AppendRecord[], sinceMs: number): Promise<void>
  judge(error: unknown): Verdict
  /** Called when records that were pushed need no memory any more. */
  freed(bytes: number): void
}

export class PartitionQueue {
  readonly #env: QueueEnv
  #waiting: Entry[] = []
  #waitingBytes = 0
  #waitingRecords = 0
  #inFlight: Entry[] = []
  #running = false
  #flushing = false
  #lastFault: Error | undefined
  #cancelLinger: (() => void) | undefined
  #cancelDeadline: (() => void) | undefined

  constructor(env: QueueEnv) {
    this.#env = env
  }

  /** Nothing waits for the next request. */
  get empty(): boolean {
    return this.#waiting.length === 0
  }

  /** Resolves when Kafka has the records, which must fit into one request. */
  push(records: readonly AppendRecord[], bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const sinceMs = this.#env.clock.now()
      this.#waiting.push({ records, bytes, sinceMs, settled: false, resolve, reject })
      this.#waitingBytes += bytes
      this.#waitingRecords += records.length
      this.#watchDeadline()
      this.#schedule()
    })
  }

  /** From now on nothing lingers. */
  flush(): void {
    this.#flushing = true
    this.#schedule()
  }

  /** Rejects what is left and stops every timer. */
  close(error: Error): void {
    for (const entry of [...this.#inFlight, ...this.#waiting]) settle(entry, error)
    this.#drop(this.#waiting.length)
    this.#cancelLinger?.()
    this.#cancelDeadline?.()
  }

  /** Starts a request now, or waits for company; a running request comes back here when it ends. */
  #schedule(): void {
    if (this.#running || this.#waiting.length === 0) return
    const { maxBytes, maxRecords } = this.#env.limits()
    const full = this.#waitingBytes >= maxBytes || this.#waitingRecords >= maxRecords
    if (full || this.#flushing) this.#start()
    else this.#cancelLinger ??= this.#env.linger(() => this.#start())
  }

  #start(): void {
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    if (!this.#running && this.#waiting.length > 0) void this.#run(this.#take())
  }

  async #run(entries: Entry[]): Promise<void> {
    this.#running = true
    this.#inFlight = entries
    await this.#deliver(entries)
    for (const entry of entries) this.#env.freed(entry.bytes)
    this.#inFlight = []
    this.#running = false
    this.#schedule()
  }

  /** As many waiting entries as one request may carry. */
  #take(): Entry[] {
    const { maxBytes, maxRecords } = this.#env.limits()
    let bytes = 0
    let records = 0
    let count = 0
    for (const entry of this.#waiting) {
      bytes += entry.bytes
      records += entry.records.length
      if (count > 0 && (bytes > maxBytes || records > maxRecords)) break
      count++
    }
    const taken = this.#waiting.splice(0, count)
    for (const entry of taken) this.#uncount(entry)
    return taken
  }

  /** Repeats a request until it succeeds or nobody waits for it any more. Never throws. */
  async #deliver(entries: readonly Entry[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const left = entries.filter(entry => !entry.settled)
      if (left.length === 0) return
      const verdict = await this.#attempt(left)
      if (verdict?.alone && left.length > 1) {
        for (const entry of left) await this.#deliver([entry])
        return
      }
      if (!verdict?.retry) {
        for (const entry of left) settle(entry, verdict?.fault)
        return
      }
      await pauseFor(this.#env.clock, this.#backoffMs(attempt))
    }
  }

  /** One request; resolves with nothing when Kafka has the records. */
  async #attempt(entries: readonly Entry[]): Promise<Verdict | undefined> {
    try {
      const sinceMs = entries[0]?.sinceMs ?? this.#env.clock.now()
      await this.#env.send(
        entries.flatMap(entry => entry.records),
        sinceMs
      )
      this.#lastFault = undefined
      return undefined
    } catch (error) {
      const verdict = this.#env.judge(error)
      this.#lastFault = verdict.fault
      return verdict
    }
  }

  /** Grows from 50 ms to a second, with jitter, so that partitions do not knock in step. */
  #backoffMs(attempt: number): number {
    const ceilingMs = Math.min(1000, 50 * 2 ** attempt)
    return ceilingMs * (0.5 + this.#env.clock.random() / 2)
  }

  /** One timer for the oldest entry: all have the same time, so they expire in order. */
  #watchDeadline(): void {
    if (this.#cancelDeadline !== undefined) return
    const oldest = this.#inFlight.find(entry => !entry.settled) ?? this.#waiting[0]
    if (oldest === undefined) return
    const { clock, limits } = this.#env
    const leftMs = oldest.sinceMs + limits().deadlineMs - clock.now()
    this.#cancelDeadline = clock.after(leftMs, () => this.#expire())
  }

  #expire(): void {
    this.#cancelDeadline = undefined
    const { clock, limits } = this.#env
    const { deadlineMs } = limits()
    const before = clock.now() - deadlineMs
    const late = (entry: Entry) => entry.sinceMs <= before
    const error = this.#lastFault ?? this.#env.judge(new Error(`no answer within ${deadlineMs} ms`)).fault
    for (const entry of this.#inFlight.filter(late)) settle(entry, error)
    const count = this.#waiting.filter(late).length
    for (const entry of this.#waiting.slice(0, count)) settle(entry, error)
    this.#drop(count)
    this.#watchDeadline()
  }

  /** Forgets the oldest waiting entries. */
  #drop(count: number): void {
    for (const entry of this.#waiting.splice(0, count)) {
      this.#uncount(entry)
      this.#env.freed(entry.bytes)
    }
  }

  #uncount(entry: Entry): void {
    this.#waitingBytes -= entry.bytes
    this.#waitingRecords -= entry.records.length
  }
}

function settle(entry: Entry, error?: Error): void {
  if (entry.settled) return
  entry.settled = true
  if (error === undefined) entry.resolve()
  else entry.reject(error)
}

/** Puts a record behind the others, in a request of its own where the last is full. */
export function addTo(chunks: Chunk[], record: AppendRecord, { maxBytes, maxRecords }: QueueLimits): void {
  const bytes = sizeOf(record)
  const last = chunks.at(-1)
  if (last === undefined || last.bytes + bytes > maxBytes || last.records.length >= maxRecords) {
    chunks.push({ records: [record], bytes })
  } else {
    last.records.push(record)
    last.bytes += bytes
  }
}
