// What a process holds open, to find what a connector left behind: sockets and timers by kind, and the timers that
// were asked of the injected clock one by one.

import type { Clock } from '../../connectors/clock.ts'

/** The kinds of everything that is open, or only what is open in addition to `before`. */
export function openResources(before: readonly string[] = []): string[] {
  const left = process.getActiveResourcesInfo()
  for (const kind of before) {
    const at = left.indexOf(kind)
    if (at >= 0) left.splice(at, 1)
  }
  return left
}

/** Counts timers that have neither fired nor been cancelled. */
export class TimerCount {
  readonly #waiting = new Set<object>()

  get waiting(): number {
    return this.#waiting.size
  }

  watch(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      random: () => clock.random(),
      after: (delayMs, fn) => {
        const timer = {}
        this.#waiting.add(timer)
        const cancel = clock.after(delayMs, () => {
          this.#waiting.delete(timer)
          fn()
        })
        return () => {
          this.#waiting.delete(timer)
          cancel()
        }
      }
    }
  }
}
