// Runs one property, for the test and for the planted bugs alike.

import fc from 'fast-check'
import type { Plan } from './plan.ts'
import type { Theme } from './themes.ts'
import { carryOut } from './world.ts'

/**
 * TAILRACE_SEED and TAILRACE_PATH replay a failing case; TAILRACE_RUNS says how many plans are drawn, TAILRACE_SHRINK=no
 * that it is enough to know that one fails.
 */
export async function checkTheme(
  theme: Theme,
  {
    TAILRACE_SEED,
    TAILRACE_PATH,
    TAILRACE_RUNS,
    TAILRACE_SHRINK
  }: Readonly<Record<string, string | undefined>>
): Promise<fc.RunDetails<[Plan]>> {
  const property = fc.asyncProperty(theme.plans, async plan => {
    const { violations, excuses } = await carryOut(plan)
    if (theme.isOrderly && excuses > 0) throw new Error('there was a reason for a duplicate')
    if (violations.length > 0) throw new Error(violations.join('; '))
  })
  return fc.check(property, {
    numRuns: TAILRACE_RUNS ? Number(TAILRACE_RUNS) : theme.runs,
    includeErrorInReport: true,
    endOnFailure: TAILRACE_SHRINK === 'no',
    ...(TAILRACE_SEED ? { seed: Number(TAILRACE_SEED) } : {}),
    ...(TAILRACE_PATH ? { path: TAILRACE_PATH } : {})
  })
}

/** The command that replays a failure. */
export function replayHint(theme: Theme, { seed, counterexamplePath }: fc.RunDetails<[Plan]>): string {
  const file = 'dist/test/processors/stream/properties/properties.test.js'
  return `TAILRACE_SEED=${seed} TAILRACE_PATH=${counterexamplePath} npx ava ${file} -m '${theme.sentence}'`
}
