// The partitions of this member with what is to be remembered of each, and what a new assignment changes in them.
// handoff.ts acts on it. Nothing here knows Kafka.

import type { TopicPartition } from '../../message.ts'

/** One assigned partition. */
export interface Place {
  readonly origin: TopicPartition
  /** The next offset to hand on; null until a seek or the first record says. */
  next: number | null
  /** An added partition stays paused until it is resumed, so that its stream can open it first. */
  paused: boolean
  /** It was resumed at least once: until then nothing is handed on, whatever a fetch of earlier times may bring. */
  open: boolean
  /** Kafka does not hold the position; a seek ends this. */
  lost: boolean
}

export interface Change {
  readonly added: readonly TopicPartition[]
  readonly kept: readonly TopicPartition[]
  readonly lost: readonly TopicPartition[]
}

export class Positions {
  #places = new Map<string, Place>()

  /** Takes over a new assignment. `member` tells whether it is the same membership: only then anything is kept. */
  assign(now: readonly TopicPartition[], member: 'same' | 'new'): Change {
    const before = this.#places
    const assigned = new Set(now.map(keyOf))
    const keeps = (place: Place | undefined): place is Place => member === 'same' && place !== undefined
    this.#places = new Map(
      now.map(({ topic, partition }) => {
        const key = keyOf({ topic, partition })
        const old = before.get(key)
        return [key, keeps(old) ? old : newPlace({ topic, partition })]
      })
    )
    const isKept = (origin: TopicPartition) => keeps(before.get(keyOf(origin)))
    return {
      added: now.filter(origin => !isKept(origin)),
      kept: now.filter(isKept),
      lost: [...before.values()]
        .map(place => place.origin)
        .filter(origin => member === 'new' || !assigned.has(keyOf(origin)))
    }
  }

  /** The place of an assigned partition. */
  get(origin: TopicPartition): Place | undefined {
    return this.#places.get(keyOf(origin))
  }

  all(): Place[] {
    return [...this.#places.values()]
  }
}

function newPlace(origin: TopicPartition): Place {
  return { origin, next: null, paused: true, open: false, lost: false }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
