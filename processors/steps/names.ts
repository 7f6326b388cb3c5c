// Lists of field names with wildcards, as `select`, `drop` and others take them, and settings by field.

import { type TSchema, Type } from 'typebox'
import { matchesPieces } from '../expression/text-match.ts'
import type { StepEnv } from './step.ts'

/** The schema of such a list. */
export const nameList = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), {
    description: `${description} * stands for any characters: "position.*".`,
    minItems: 1,
    uniqueItems: true
  })

/** The schema of settings by the name of a field, which is never empty. */
export const byField = <S extends TSchema>(
  value: S,
  options: { minProperties?: number; description?: string; default?: object }
) =>
  Type.Record(Type.String({ pattern: '^[\\s\\S]+$' }), value, {
    ...options,
    additionalProperties: false,
    'x-expects': 'the name of a field'
  })

/** Names that were looked at are remembered, up to so many: messages could bring new ones without end. */
const maxKnown = 10_000
const longestKnown = 256

/** Notes which fields such a list, at `path`, is about by their very names. */
export function noteNames(
  { reads }: Pick<StepEnv, 'reads'>,
  names: readonly string[],
  ...path: readonly string[]
): void {
  names.forEach((name, index) => {
    if (!name.includes('*')) reads(name, ...path, index)
  })
}

/** Tells which names are in a list. */
export class NameSet {
  readonly #exact: ReadonlySet<string>
  readonly #patterns: readonly (readonly string[])[]
  readonly #known = new Map<string, boolean>()

  constructor(names: readonly string[]) {
    this.#exact = new Set(names.filter(name => !name.includes('*')))
    this.#patterns = names.filter(name => name.includes('*')).map(name => name.split('*'))
  }

  has(name: string): boolean {
    if (this.#exact.has(name)) return true
    if (this.#patterns.length === 0) return false
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const isMatch = this.#patterns.some(pieces => matchesPieces(name, pieces))
    if (name.length > longestKnown) return isMatch
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(name, isMatch)
    return isMatch
  }
}
