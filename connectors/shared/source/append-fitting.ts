// Appends messages of a source whose protocol cannot refuse a single one: what the topic of the channel has no room for
// would come again for ever, and keep back what is behind it, so it goes to the channel's dead letters.

import { FaultError } from '../../../schemas/errors.ts'
import type { Broken, Feed, Incoming } from '../../connector.ts'

/**
 * Resolves with those that were appended, once Kafka has them, and the others among the dead letters, as what `brokenOf` makes
 * of them; rejects as `append` and `setAside` do. Halves what is too large, until the one message is found.
 */
export async function appendFitting<T extends { readonly message: Incoming }>(
  taken: readonly T[],
  { append, setAside }: Pick<Feed<unknown>, 'append' | 'setAside'>,
  brokenOf: (one: T, detail: string) => Broken
): Promise<readonly T[]> {
  const appendAll = async (some: readonly T[]): Promise<readonly T[]> => {
    const [first] = some
    if (first === undefined) return []
    try {
      await append(some.map(({ message }) => message))
      return some
    } catch (error) {
      if (!isTooLarge(error)) throw error
      const half = some.length >> 1
      if (half > 0) return [...(await appendAll(some.slice(0, half))), ...(await appendAll(some.slice(half)))]
      await setAside([brokenOf(first, error.detail ?? '')])
      return []
    }
  }
  return appendAll(taken)
}

function isTooLarge(error: unknown): error is FaultError {
  return error instanceof FaultError && error.code === 'body_too_large'
}
