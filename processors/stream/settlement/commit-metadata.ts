// What travels in the metadata of every commit: the stream's birth, so that a partition that is added or opened by
// another member later starts where the stream did, and what is settled above the commit point. Text, versioned, at
// most 4,096 bytes: "1;birth=<Unix ms>;settled=<base64url>", the last only where there is something to say. In a held
// partition its owner's name takes the place of the settled: "1;birth=<Unix ms>;owner=<name>". Where steps remember
// something, "from=<offset>" says from where on messages are to be read again, so that they know it all. Once messages
// got numbers, "numbers=<the highest>/<partitions of their topic>" says so: a topic without them was lost then. "moved" says that
// somebody has set the commit there: what comes again is wanted again.

import { decodeSettled, encodeSettled, type Run } from './settled-set.ts'

/** That numbers were given in a partition. */
export interface NumbersMark {
  readonly highest: number
  /** Of the topic of the numbers. */
  readonly partitions: number
}

export interface CommitMetadata {
  readonly birthMs: number
  /** Settled offsets above the commit point. */
  readonly settled: readonly Run[]
  /** Who owns a held partition there. */
  readonly owner?: string
  /** What steps remember, as it is written, holds up to this offset, which is not above the commit point. */
  readonly readFrom?: number
  readonly numbers?: NumbersMark
  /** Not the stream has brought it there. */
  readonly isMoved?: boolean
}

/** `base` is the commit point that the metadata travels with. */
export function encodeMetadata(base: number, metadata: CommitMetadata): string {
  const { birthMs, settled, owner, readFrom, numbers, isMoved = false } = metadata
  const set = encodeSettled(base, settled)
  const more = set === '' ? '' : `;settled=${set}`
  const from = readFrom === undefined ? '' : `;from=${readFrom}`
  const mark = numbers === undefined ? '' : `;numbers=${numbers.highest}/${numbers.partitions}`
  return `1;birth=${birthMs}${more}${owner === undefined ? '' : `;owner=${owner}`}${from}${mark}${isMoved ? ';moved' : ''}`
}

const form =
  /^1;birth=(\d{1,16})(?:;settled=([\w-]+))?(?:;owner=(\w+))?(?:;from=(\d{1,16}))?(?:;numbers=(\d{1,16})\/(\d{1,9}))?(;moved)?(?:;|$)/

/** Null for metadata that is not ours or of a version that is not known: it says nothing then. */
export function decodeMetadata(base: number, text: string): CommitMetadata | null {
  const match = form.exec(text)
  if (match === null) return null
  const [, birthMs, settled, owner, readFrom, highest, partitions, moved] = match
  return {
    birthMs: Number(birthMs),
    settled: settled === undefined ? [] : decodeSettled(base, settled),
    ...(owner !== undefined && { owner }),
    ...(readFrom !== undefined && { readFrom: Number(readFrom) }),
    ...(highest !== undefined && { numbers: { highest: Number(highest), partitions: Number(partitions) } }),
    ...(moved !== undefined && { isMoved: true })
  }
}
