// Runs the properties until one fails, always with the same plans, and writes what came of it as JSON. A process of its
// own, since it imports the sources into which a bug was planted.

import { checkTheme } from '../processors/stream/properties/check.ts'
import { themes } from '../processors/stream/properties/themes.ts'

/** Each property gets its turn soon, whichever it is that finds the bug. */
const rounds = 10

const startedMs = Date.now()
let runs = 0
const found = await hunt()
process.stdout.write(JSON.stringify({ found, runs, seconds: (Date.now() - startedMs) / 1000 }))

/** The name of the property that failed, or null. */
async function hunt(): Promise<string | null> {
  for (let round = 1; round <= rounds; round++) {
    for (const theme of themes) {
      const share = String(theme.runs / rounds)
      const environment = { TAILRACE_SEED: String(round), TAILRACE_RUNS: share, TAILRACE_SHRINK: 'no' }
      const details = await checkTheme(theme, environment)
      runs += details.numRuns
      if (details.failed) return theme.name
    }
  }
  return null
}
