// Finds Java and says, where it is missing or too old, what a person can do about it.

import { FaultError } from '../../../schemas/errors.ts'
import { isMissing, run } from './run.ts'

/** Apache Kafka 4 refuses to run on anything older. */
const oldestMajor = 17

/** Checks that `java` is there and new enough. Throws `java_missing`. */
export async function requireJava(signal?: AbortSignal): Promise<void> {
  const { tail } = await run('java', ['-version'], { signal }).catch((error: unknown) => {
    if (isMissing(error)) throw new FaultError('java_missing', { cause: error })
    throw error
  })
  const major = majorOf(tail)
  if (major !== undefined && major >= oldestMajor) return
  throw new FaultError('java_missing', { detail: `found ${tail.split('\n')[0] || 'one that does not run'}` })
}

/** The major version in what `java -version` prints: 17 in `openjdk version "17.0.15" 2025-04-15`, 8 in `"1.8.0_402"`. */
export function majorOf(printed: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(printed)
  return match?.[1] === undefined ? undefined : Number(match[1])
}
