// A value as it is written, with the offset of each of its parts: what the readers of YAML and of JSON have in common.
// It is short-lived; what is kept of it is made in device.ts.

import type { Json } from '../../expression/values.ts'

export type Node =
  | { readonly kind: 'mapping'; readonly at: number; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly at: number; readonly items: readonly Node[] }
  | { readonly kind: 'scalar'; readonly at: number; readonly value: Extract<Json, Scalar> }
  | { readonly kind: 'broken'; readonly at: number; readonly sentence: string }

type Scalar = string | number | boolean | null

/** A key of a mapping and its value. Names may repeat: who makes something of the mapping refuses that. */
export interface Entry {
  readonly name: string
  readonly at: number
  readonly value: Node
}

/** The bound keeps whatever recurses over a value from overflowing its stack. */
export const maxDepth = 64

/** How much text is read at a stretch, in UTF-16 units: some 10 ms of YAML, during which nothing else happens. */
export const sliceChars = 16_384

export const tooDeep = `is nested deeper than ${maxDepth} levels`

export const noDevices = 'is empty: write {} where there are no devices'

export const inexact = 'is a number with more digits than can be kept: put it in quotes'

/** Whether a number is told apart from its neighbours: beyond 2^53 whole numbers are rounded. */
export function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}
