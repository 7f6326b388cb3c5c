// Members that lost their membership though they lived, and whether that is proven to be the machine's doing: the event
// loop of the process, or of the harness that answers it, stood still shortly before. Such a loss is a fault, any other
// one is to be complained of.

import type { LogLine } from '../../flows/harness/instance.ts'
import type { Fault } from '../../flows/harness/verdict.ts'
import type { Commits } from './commit-watch.ts'
import { pausedEvent } from './pauses.ts'

/** Longer than a session, which may have begun to run out during the pause. */
const nearMs = 10_000

/** The harness itself, among the names of instances. */
const harness = 'the harness'

export interface StallsParts {
  readonly nowMs: () => number
  readonly arrivals: () => number
  /** What Kafka was known to have at a time. */
  readonly knownAt: (ms: number) => Commits
}

interface Pause {
  readonly who: string
  readonly fromMs: number
  readonly toMs: number
  readonly before: Commits
}

interface Loss {
  readonly instance: string
  readonly atMs: number
  readonly arrivals: number
}

export class Stalls {
  readonly #parts: StallsParts
  readonly #pauses: Pause[] = []
  readonly #losses: Loss[] = []

  constructor(parts: StallsParts) {
    this.#parts = parts
  }

  /** A line of an instance's log. */
  heard(instance: string, line: LogLine): void {
    if (line.event === pausedEvent) this.paused(line.pausedMs ?? 0, instance)
    if (!isLoss(line)) return
    this.#losses.push({ instance, atMs: this.#parts.nowMs(), arrivals: this.#parts.arrivals() })
  }

  /** An event loop stood still until now. */
  paused(pausedMs: number, who = harness): void {
    const { nowMs, knownAt } = this.#parts
    const toMs = nowMs()
    const fromMs = toMs - pausedMs
    // By the time of the loss others have taken over, and what they commit tells nothing of what was known before.
    this.#pauses.push({ who, fromMs, toMs, before: knownAt(fromMs) })
  }

  /** Told at the end, as what a process logs and what it prints of pauses come by different ways. */
  faults(): Fault[] {
    return this.#losses.flatMap(loss => {
      const pause = this.#pauseNear(loss)
      return pause === undefined
        ? []
        : [{ arrivals: loss.arrivals, committed: pause.before, partitions: null }]
    })
  }

  complaints(): string[] {
    const unproven = this.#losses.filter(loss => this.#pauseNear(loss) === undefined)
    return unproven.map(({ instance, atMs }) => {
      const at = new Date(atMs).toISOString()
      return `${instance} lost its membership at ${at}, and nothing had stood still`
    })
  }

  #pauseNear({ instance, atMs }: Loss): Pause | undefined {
    return this.#pauses.find(
      ({ who, fromMs, toMs }) =>
        (who === instance || who === harness) && fromMs <= atMs && atMs <= toMs + nearMs
    )
  }
}

/** The assigner leaves a member some of what it has, so one that keeps nothing had lost it all before. */
function isLoss({ event, kept = 0, lost = 0 }: LogLine): boolean {
  return (event === 'partitions_assigned' || event === 'partitions_lost') && lost > 0 && kept === 0
}
