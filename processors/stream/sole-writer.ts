// Writes to one partition of a topic of the stream's own as the only one who does, although Kafka fences nobody for us: a
// process that was paused, or cut off, may write after another has taken over. Compare and append: every record says at
// which offset its writer expects it, and one that lies elsewhere is void for whoever reads. The answer of Kafka tells where
// an append lies; when that is not where it was expected, or there is no answer, the writer reads on from where it was,
// and only then decides anew what to append. So what it knows is always what the partition says.
//
//   open     it reads the partition, and appends a claim: from there on what another still has under way is void
//            then the group has to confirm that the partition is ours (a commit). Members are replaced by the group, so
//            claims that were confirmed follow one another as the memberships do
//   append   records, which count where they lie as expected; another's claim that is read on the way means that the
//            partition was lost, or that a late claim of one thought dead got in: the group is asked before one's own
//            is renewed, so of two who both write only the rightful one goes on
//
// A record's key is its own, and never used a second time: compaction would keep the newest record of a key although it is
// void, and lose the one that counts. What is needed no more is removed by a tombstone, wherever that lies.

import type {
  AppendRecord,
  LogAdmin,
  LogProducer,
  LogRecord,
  PartitionRange
} from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import { rangeOf } from '../../connectors/kafka/log/ranges.ts'
import { FaultError } from '../../schemas/errors.ts'

/** Of one append, while others write between. */
const maxTries = 3

export interface SoleWriterPort {
  /** The partition that is written. */
  readonly place: TopicPartition
  readonly admin: Pick<LogAdmin, 'rangesWithLeader' | 'read'>
  readonly producer: Pick<LogProducer, 'appendOnce'>
  /** From where on the partition has to be read; default: all of it. */
  begin?(range: PartitionRange): Promise<number>
  /** The record that claims the partition for `owner`, expected at offset `at`. */
  claim(owner: string, at: number): AppendRecord
  /** Takes in what the partition says, in order. Returns the owner that a claim names which counts; null for all else. */
  take(record: LogRecord): string | null
  /** Resolves once the group confirms that the partition is ours. Rejects with a FaultError. */
  confirm(): Promise<void>
}

export class SoleWriter {
  /** In every assignment another. */
  readonly owner: string
  readonly #port: SoleWriterPort
  #standing: 'new' | 'claimed' | 'owner' | 'deposed' = 'new'
  /** One past what was read, or written by ourselves. */
  #next: number | null = null
  /** What the partition says is not known for sure. */
  #isBehind = true
  #opening: Promise<void> | null = null

  constructor(owner: string, port: SoleWriterPort) {
    this.owner = owner
    this.#port = port
  }

  /**
   * Becomes the owner, once all that was written before is taken in. Rejects with a FaultError; call it again then. Who
   * calls meanwhile gets the same promise: two claims at once would make each other void.
   */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    if (this.#standing === 'owner') return
    if (this.#standing === 'deposed') await this.#port.confirm() // one who was replaced must not disturb the other
    while (this.#standing !== 'claimed') await this.#claim()
    await this.#port.confirm()
    this.#standing = 'owner'
  }

  /**
   * Appends what `make` says, which is asked for the records to be expected from offset `at` on, and asked again after
   * something unexpected was read; no records: nothing is left to be done. Resolves once those made last are stored where
   * they were expected. Rejects with a FaultError: then they may be stored, or be yet, and the next call finds out. One
   * call at a time.
   */
  async append(make: (at: number) => readonly AppendRecord[]): Promise<void> {
    await this.open()
    for (let tries = 0; tries < maxTries; tries++) {
      if (this.#isBehind) await this.#readOn()
      this.#checkOwner()
      const at = this.#next ?? 0
      const records = make(at)
      if (records.length === 0 || (await this.#store(records, at))) return
    }
    throw this.#contested() // whoever calls waits before it tries again
  }

  #checkOwner(): void {
    if (this.#standing !== 'owner') throw this.#contested()
  }

  #contested(): FaultError {
    const { topic, partition } = this.#port.place
    return new FaultError('partition_contested', { path: `${topic}/${partition}` })
  }

  async #claim(): Promise<void> {
    await this.#readOn()
    if (this.#standing === 'claimed') return // by an append that got no answer
    this.#isBehind = true
    await this.#port.producer.appendOnce(this.#port.place, [this.#port.claim(this.owner, this.#next ?? 0)])
    await this.#readOn()
  }

  /** False when they lie elsewhere, or may. */
  async #store(records: readonly AppendRecord[], at: number): Promise<boolean> {
    this.#isBehind = true
    try {
      const stored = await this.#port.producer.appendOnce(this.#port.place, records)
      if (stored < at) throw this.#lost(`expected ${at}, Kafka has put it to ${stored}`)
      if (stored > at) return false
    } catch (error) {
      if (error instanceof FaultError && error.code === 'body_too_large') this.#isBehind = false // nothing is stored
      throw error
    }
    this.#isBehind = false
    this.#next = at + records.length
    return true
  }

  async #readOn(): Promise<void> {
    const { place, admin } = this.#port
    const range = await rangeOf(admin, place)
    if (range === undefined)
      throw new FaultError('topic_missing', { path: `${place.topic}/${place.partition}` })
    const from = this.#next ?? (await this.#port.begin?.(range)) ?? range.start
    if (range.end < from) throw this.#lost(`read up to ${from}, Kafka holds ${range.start} to ${range.end}`)
    if (range.end > from)
      for await (const record of admin.read({ ...place, from: Math.max(from, range.start), to: range.end })) {
        const owner = this.#port.take(record)
        if (owner !== null) this.#claimed(owner)
        this.#next = record.offset + 1
      }
    this.#next = Math.max(from, range.end)
    this.#isBehind = false
  }

  /** What was there is there no more: the topic was made anew, or cut. What is written at wrong places would be void for ever. */
  #lost(detail: string): FaultError {
    const { topic, partition } = this.#port.place
    return new FaultError('topic_cut', { path: `${topic}/${partition}`, detail })
  }

  #claimed(owner: string): void {
    if (owner === this.owner) this.#standing = 'claimed'
    else if (this.#standing !== 'new') this.#standing = 'deposed'
  }
}

/** Throws a FaultError `topic_shared` unless the claim of a partition is of our group: numbers and chains are of one stream. */
export function checkGroup(
  { topic, partition }: TopicPartition,
  ours: string,
  claimed: { readonly group: string; readonly owner: string }
): void {
  if (claimed.group === ours) return
  const detail = `claimed by ${claimed.owner} of the group ${claimed.group}`
  throw new FaultError('topic_shared', { path: `${topic}/${partition}`, detail })
}

/** A name that nobody else has. */
export function ownerName(random: () => number): string {
  return [1, 2].map(() => Math.floor(random() * 2 ** 32).toString(36)).join('')
}
