// Lets virtual time pass where the file system, which knows only real time, has to answer meanwhile.

import { stat } from 'node:fs/promises'
import type { VirtualClock } from '../../connectors/virtual-clock.ts'
import { until } from '../flows/harness/until.ts'

/** What passes `clock` for those who wait for lines in `logged`. */
export const timeOf = (clock: VirtualClock, logged: readonly unknown[]) => ({
  /** Lets seconds pass until the log has so many lines. */
  logs: (lines: number) =>
    until(`${lines} lines are logged`, async () => {
      await clock.advance(1_000)
      return logged.length >= lines
    }),
  /** Lets some seconds pass, and after each all files be looked at: what was asked of the file system before is answered before. */
  async pass(seconds: number) {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1_000)
      for (let turn = 0; turn < 20; turn++) {
        await Promise.all(Array.from({ length: 8 }, () => stat('.')))
        await new Promise(resolve => setImmediate(resolve))
      }
    }
  }
})
