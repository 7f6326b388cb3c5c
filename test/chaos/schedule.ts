// What goes wrong and when, drawn from a seed: the same seed and length give the same schedule. Three tracks run beside
// each other, so that faults of Kafka, of Tailrace's processes and of the receiver meet in every combination; within a
// track one fault is over before the next begins.

import { type Random, seeded } from '../seeded.ts'

interface Timed {
  /** From the start of the run. */
  readonly atMs: number
  /** How long it lasts, or until what was killed is started again. */
  readonly forMs: number
}

/** kill -9 of a node of Kafka. Only one is away at a time: of three copies two are needed. */
export interface BrokerFault extends Timed {
  readonly kind: 'brokerKilled'
  readonly node: number
}

export const crewKinds = ['killed', 'allKilled', 'restarted', 'joined', 'left'] as const

/** What happens to Tailrace processes, each of which has a slot; killed and restarted ones come back into theirs. */
export interface CrewFault extends Timed {
  readonly kind: (typeof crewKinds)[number]
  readonly slots: readonly number[]
}

export const receiverKinds = [
  'outage',
  'ignored',
  'hung',
  'reset',
  'throttled',
  'unavailable',
  'dribbled',
  'trickled',
  'halved',
  'deviceThrottled'
] as const

export interface ReceiverFault extends Timed {
  readonly kind: (typeof receiverKinds)[number]
  /** Which part of the requests it befalls, where it does not befall all. */
  readonly share: number
  readonly retryAfterS: number
  /** The index of the device that is throttled. */
  readonly device: number
}

export interface Schedule {
  readonly lengthMs: number
  readonly broker: readonly BrokerFault[]
  readonly crew: readonly CrewFault[]
  readonly receiver: readonly ReceiverFault[]
}

export const crewSize = 4
export const firstCrew: readonly number[] = [0, 1, 2]

export function drawSchedule(seed: number, lengthMs: number): Schedule {
  const draw = new Draw(seeded(seed))
  return {
    lengthMs,
    broker: draw.track(lengthMs, { gapMs: [8_000, 20_000], forMs: [500, 10_000] }, at => ({
      ...at,
      kind: 'brokerKilled',
      node: draw.whole(1, 3)
    })),
    crew: drawCrew(draw, lengthMs),
    receiver: draw.track(lengthMs, { gapMs: [1_000, 5_000], forMs: [1_000, 8_000] }, at => ({
      ...at,
      kind: draw.oneOf(receiverKinds),
      share: draw.between(0.1, 0.5),
      retryAfterS: draw.whole(1, 3),
      device: draw.whole(0, 121)
    }))
  }
}

function drawCrew(draw: Draw, lengthMs: number): CrewFault[] {
  const up = new Set(firstCrew)
  const every = Array.from({ length: crewSize }, (_, slot) => slot)
  return draw.track(lengthMs, { gapMs: [500, 8_000], forMs: [0, 9_000] }, at => {
    const possible = crewKinds.filter(kind => kind !== (up.size < crewSize ? '' : 'joined'))
    const kind = draw.oneOf(up.size > 1 ? possible : possible.filter(one => one !== 'left'))
    const chosen = draw.oneOf(every.filter(slot => up.has(slot) !== (kind === 'joined')))
    if (kind === 'joined') up.add(chosen)
    if (kind === 'left') up.delete(chosen)
    return { ...at, kind, slots: kind === 'allKilled' ? [...up] : [chosen] }
  })
}

type Range = readonly [number, number]

class Draw {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  between(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1))
  }

  oneOf<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    const chosen = choices[this.whole(0, choices.length - 1)]
    if (chosen === undefined) throw new Error('there is nothing to choose from')
    return chosen
  }

  /** Faults one after the other that are all over by the end. */
  track<T>(lengthMs: number, ranges: { gapMs: Range; forMs: Range }, make: (at: Timed) => T): T[] {
    const faults: T[] = []
    for (let endMs = 0; ; ) {
      const atMs = endMs + this.whole(...ranges.gapMs)
      const forMs = this.whole(...ranges.forMs)
      endMs = atMs + forMs
      if (endMs > lengthMs) return faults
      faults.push(make({ atMs, forMs }))
    }
  }
}
