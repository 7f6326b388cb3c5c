// Appends messages of a source whose protocol cannot refuse a single one: what the topic of the channel has no room for
// would come again for ever, and keep back what is behind it, so it goes to the channel's dead letters.

import type { Broken, Feed, Incoming } from '../../connector.ts'
import { storeHalving } from './halving.ts'

/**
 * Resolves with those that were appended, once Kafka has them, and the others among the dead letters, as what `brokenOf` makes
 * of them; rejects as `append` and `setAside` do.
 */
export async function appendFitting<T extends { readonly message: Incoming }>(
  taken: readonly T[],
  { append, setAside }: Pick<Feed<unknown>, 'append' | 'setAside'>,
  brokenOf: (one: T, detail: string) => Broken
): Promise<readonly T[]> {
  const appended: T[] = []
  if (taken.length === 0) return appended
  await storeHalving(taken, {
    all: async some => {
      await append(some.map(({ message }) => message))
      for (const one of some) appended.push(one)
    },
    tooLarge: (one, { detail = '' }) => setAside([brokenOf(one, detail)])
  })
  return appended
}
