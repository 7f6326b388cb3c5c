// Stores what may be too large for its topic, where Kafka refuses all for one.

import { FaultError } from '../../../schemas/errors.ts'

export interface Storing<T> {
  /** Rejects with `body_too_large`, and nothing stored, when there is one among them that is too large. */
  all(some: readonly T[]): Promise<void>
  /** What becomes of one that is. */
  tooLarge(one: T, fault: FaultError): Promise<void>
}

/** Halves what is too large, until the one is found that is; the others are stored, in order. Rejects with any other fault. */
export async function storeHalving<T>(items: readonly T[], storing: Storing<T>): Promise<void> {
  try {
    await storing.all(items)
  } catch (error) {
    if (!isTooLarge(error)) throw error
    const [first] = items
    const half = items.length >> 1
    if (half > 0) {
      await storeHalving(items.slice(0, half), storing)
      await storeHalving(items.slice(half), storing)
    } else if (first !== undefined) await storing.tooLarge(first, error)
  }
}

function isTooLarge(error: unknown): error is FaultError {
  return error instanceof FaultError && error.code === 'body_too_large'
}
