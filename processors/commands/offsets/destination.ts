// Where a stream is to be moved, as people write it.

import { InvalidArgumentError } from 'commander'
import { parseTime } from '../../../schemas/time.ts'

export type Destination =
  | { readonly kind: 'latest' | 'earliest' }
  | { readonly kind: 'time'; readonly timeMs: number }
  /** Offsets by `topic/partition`; the other partitions stay where they are. */
  | { readonly kind: 'places'; readonly offsets: ReadonlyMap<string, number> }

/** Reads one --to after the others. Throws what commander shows. */
export function addDestination(text: string, before: Destination | undefined): Destination {
  const place = /^(.+\/\d{1,9})=(\d{1,15})$/.exec(text)
  if (before !== undefined && (place === null || before.kind !== 'places'))
    throw new InvalidArgumentError('Only topic/partition=offset may be given several times.')
  if (place !== null) {
    const [, partition = '', offset] = place
    const known = before?.kind === 'places' ? before.offsets : []
    return { kind: 'places', offsets: new Map([...known, [partition, Number(offset)]]) }
  }
  if (text === 'latest' || text === 'earliest') return { kind: text }
  const timeMs = parseTime(text)
  if (timeMs !== null) return { kind: 'time', timeMs }
  throw new InvalidArgumentError(
    'It is latest, earliest, a time such as 2026-01-31T08:00:00Z, or topic/partition=offset.'
  )
}
