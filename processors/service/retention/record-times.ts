// When Kafka got the first records that streams owe. Those in memory tell it themselves; others are asked for, one record
// each, a few at a time and in turn: of streams that are paused or that read no further, and of what waits in held topics. What was
// learnt of a record is true of those behind it, too, in that they are not older; so a guess that is a little old errs on the
// safe side.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import type { FirstOwed } from '../../stream/health/owed.ts'

/** Records that are asked for in one round. */
const mostAsked = 20

interface Known {
  readonly offset: number
  /** Null: Kafka did not say. */
  readonly timeMs: number | null
  /** When it was asked for. Unix ms. */
  readonly askedMs: number
}

/** One whose offset is known. */
export interface OwedRecord extends FirstOwed {
  readonly stream: string
  readonly offset: number
}

export class RecordTimes {
  readonly #known = new Map<string, Known>()

  /** When Kafka got the record, or one before it; null where nothing is known. Unix ms. */
  of(owed: OwedRecord): number | null {
    if (owed.timeMs !== null) return owed.timeMs
    const known = this.#known.get(keyOf(owed))
    return known === undefined || known.offset > owed.offset ? null : known.timeMs
  }

  /** When Kafka got this very record; null where that is not known. Unix ms. */
  ofItself(owed: OwedRecord): number | null {
    const known = this.#known.get(keyOf(owed))
    return owed.timeMs ?? (known?.offset === owed.offset ? known.timeMs : null)
  }

  /**
   * Notes what the records tell themselves, forgets what nobody owes, and asks Kafka for some of the others. Rejects as
   * LogAdmin.read does, after which it goes on the next time.
   */
  async ask(owed: readonly OwedRecord[], admin: Pick<LogAdmin, 'read'>, nowMs: number): Promise<void> {
    const keys = new Set(owed.map(keyOf))
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key)
    for (const one of owed) if (one.timeMs !== null) this.#note(one, one.timeMs, nowMs)
    const asked = new Map(owed.filter(one => this.#isUnknown(one)).map(one => [keyOf(one), one]))
    const since = (one: OwedRecord) => this.#known.get(keyOf(one))?.askedMs ?? 0
    const inTurn = [...asked.values()].sort((a, b) => since(a) - since(b)).slice(0, mostAsked)
    for (const one of inTurn) {
      this.#note(one, this.of(one), nowMs) // should it fail, the others go first the next time
      this.#note(one, await firstTime(admin, one), nowMs)
    }
  }

  #isUnknown(owed: OwedRecord): boolean {
    if (owed.timeMs !== null) return false
    const known = this.#known.get(keyOf(owed))
    return known?.offset !== owed.offset || known.timeMs === null
  }

  #note(owed: OwedRecord, timeMs: number | null, askedMs: number): void {
    this.#known.set(keyOf(owed), { offset: owed.offset, timeMs, askedMs })
  }
}

/** The time of the first record from there on; null where there is none. */
async function firstTime(admin: Pick<LogAdmin, 'read'>, owed: OwedRecord): Promise<number | null> {
  const { topic, partition, offset: from } = owed
  const read = admin.read({ topic, partition, from, to: Number.MAX_SAFE_INTEGER, maxFetchBytes: 1_024 })
  for await (const { timestampMs } of read) return timestampMs
  return null
}

function keyOf({ stream, topic, partition }: OwedRecord): string {
  return `${stream} ${topic}/${partition}`
}
