// How long it takes until Kafka's retention may delete what streams owe, as far as the settings of the topics, the ends of their
// logs and the times of records tell. They are asked for now and then, once for all streams, with the admin client that those
// share: an operator may change the settings at any time, and records that nobody reads have their times in Kafka alone.

import type { Clock } from '../../../connectors/clock.ts'
import type { LogAdmin, LogRecord, ReadRange } from '../../../connectors/kafka/log/log.ts'
import { type ErrorCode, FaultError, messageOf } from '../../../schemas/errors.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import { Rounds } from '../../rounds.ts'
import type { FirstOwed } from '../../stream/health/owed.ts'
import { type OwedRecord, RecordTimes } from './record-times.ts'
import { TopicRetention } from './topic-retention.ts'

const firstMs = 3_000
const intervalMs = 15_000
/** Topics are asked for in every so-manieth round: once a minute. */
const topicsEvery = 4

/** A stream with what it owes first. */
export interface Owing {
  readonly name: string
  /** Null: it has never run, so nobody knows. */
  readonly firstsOwed: readonly FirstOwed[] | null
}

/** What is known of a stream's messages. */
export interface Loss {
  /**
   * Until the first of them may be deleted, as far as is known: it may be less while `unknown` says why not all is. Infinite where
   * nothing is owed, or it is kept for ever. Null: nothing is known.
   */
  readonly leftMs: number | null
  /** Why it is not known. */
  readonly unknown: string | null
  /** The code of that, where it stays so until somebody acts: a topic does not tell its settings. */
  readonly unknownCode: ErrorCode | null
  /** When Kafka got the oldest record that is known of, in Unix ms; null where none is. */
  readonly oldestMs: number | null
  /** The same without what is held. */
  readonly oldestUnheldMs: number | null
}

/** Why something is not known; the code is null where that passes by itself. */
interface Unknown {
  readonly why: string
  readonly code: ErrorCode | null
}

const passing = (why: string): Unknown => ({ why, code: null })

export interface RetentionParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly admin: Pick<LogAdmin, 'topic' | 'rangesWithLeader' | 'read'>
  readonly owing: () => readonly Owing[]
}

const untold = { unknown: null, unknownCode: null, oldestMs: null, oldestUnheldMs: null }

/** Of two times of which either may not be known. */
export function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

export class Retention {
  readonly #parts: RetentionParts
  readonly #times = new RecordTimes()
  /** What is known of a topic, or why nothing is. */
  readonly #topics = new Map<string, TopicRetention | Unknown>()
  readonly #rounds: Rounds
  #round = 0

  constructor(parts: RetentionParts) {
    const { clock, log } = parts
    this.#parts = parts
    this.#rounds = new Rounds({ clock, log, part: 'retention', intervalMs, round: () => this.#ask() })
  }

  start(): void {
    this.#rounds.start(firstMs)
  }

  /** Resolves once nothing is asked any more: only then may the admin client be closed. */
  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  lossOf({ name, firstsOwed }: Owing): Loss {
    if (firstsOwed === null) return { ...untold, leftMs: null, unknown: 'the stream has not run' }
    let leftMs = Number.POSITIVE_INFINITY
    let { unknown, unknownCode, oldestMs, oldestUnheldMs }: Omit<Loss, 'leftMs'> = untold
    for (const first of firstsOwed) {
      const { left, timeMs } = this.#left(name, first)
      if (typeof left === 'number') leftMs = Math.min(leftMs, left)
      else {
        unknown ??= left.why
        unknownCode ??= left.code
      }
      oldestMs = earlier(oldestMs, timeMs)
      if (!first.isHeld) oldestUnheldMs = earlier(oldestUnheldMs, timeMs)
    }
    const isKnown = unknown === null || Number.isFinite(leftMs)
    return { leftMs: isKnown ? leftMs : null, unknown, unknownCode, oldestMs, oldestUnheldMs }
  }

  /** Until the record may be deleted, in ms, or why that is not known; and when Kafka got it. */
  #left(stream: string, first: FirstOwed): { left: number | Unknown; timeMs: number | null } {
    const { topic, partition, offset } = first
    const place = `${topic}/${partition}`
    if (offset === null) return { left: passing(`${place} is not open`), timeMs: null }
    const owed = { ...first, offset, stream }
    const timeMs = this.#times.ofItself(owed)
    const retention = this.#topics.get(topic) ?? passing(`${topic} was not asked for yet`)
    if (!(retention instanceof TopicRetention)) return { left: retention, timeMs }
    const about = { partition, offset, timeMs: this.#times.of(owed) }
    const left = retention.msLeft(about, this.#parts.clock.now())
    return { left: left ?? passing(`offset ${offset} of ${place} was not asked for yet`), timeMs }
  }

  /** An answer that does not come is not missed: the next round asks again, and the streams report the outage. */
  async #ask(): Promise<void> {
    const { clock, owing } = this.#parts
    const owed = owing().flatMap(({ name: stream, firstsOwed }) =>
      (firstsOwed ?? []).flatMap((first): OwedRecord[] =>
        first.offset === null ? [] : [{ ...first, offset: first.offset, stream }]
      )
    )
    const topics = new Set(owed.map(({ topic }) => topic))
    const isTurn = this.#round++ % topicsEvery === 0
    for (const topic of topics)
      if (!this.#rounds.isStopped && (isTurn || !(this.#topics.get(topic) instanceof TopicRetention)))
        await this.#askTopic(topic)
    await this.#times.ask(owed, { read: range => this.#read(range) }, clock.now()).catch(expected)
  }

  /** Once stopped it reads nothing more: the admin client is about to be closed. */
  #read(range: ReadRange): AsyncIterable<LogRecord> {
    if (this.#rounds.isStopped) throw new FaultError('internal', { detail: 'stopped' })
    return this.#parts.admin.read(range)
  }

  async #askTopic(topic: string): Promise<void> {
    const { admin, clock } = this.#parts
    try {
      const spec = await admin.topic(topic)
      if (spec === null) throw new FaultError('topic_missing', { path: topic })
      const { ranges } = await admin.rangesWithLeader(topic)
      const known = this.#topics.get(topic)
      const retention = known instanceof TopicRetention ? known : new TopicRetention()
      retention.noteSettings(spec)
      retention.noteRanges(ranges, clock.now())
      this.#topics.set(topic, retention)
    } catch (error) {
      // What was known before an outage is still so; what may no longer be read is not.
      if (!(error instanceof FaultError)) throw error
      const why = `${topic}: ${messageOf(error)}`
      if (error.code !== 'kafka_unreachable') this.#topics.set(topic, { why, code: error.code })
      else if (!(this.#topics.get(topic) instanceof TopicRetention)) this.#topics.set(topic, passing(why))
    }
  }
}

/** What Kafka says, or does not, passes; any other throw is a mistake of ours, and to be told. */
function expected(error: unknown): void {
  if (!(error instanceof FaultError)) throw error
}
