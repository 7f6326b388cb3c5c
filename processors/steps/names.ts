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

/** The name that a key stands for; behind one that ends in ? a value may be lacking. */
export function optionalName(key: string): { readonly name: string; readonly isOptional: boolean } {
  const isOptional = key.endsWith('?') && key.length > 1
  return { name: isOptional ? key.slice(0, -1) : key, isOptional }
}

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

/** How many names are remembered, and how long ones: messages could bring new ones without end. */
const maxKnown = 10_000
const longestKnown = 256

/** Remembers what was found out about a name, so that it is worked out once for most messages. */
export class NameCache<T> {
  readonly #known = new Map<string, T>()
  readonly #work: (name: string) => T

  constructor(work: (name: string) => T) {
    this.#work = work
  }

  of(name: string): T {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const found = this.#work(name)
    if (name.length > longestKnown) return found
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(name, found)
    return found
  }
}

/** Tells which names are in a list. */
export class NameSet {
  readonly #exact: ReadonlySet<string>
  readonly #patterns: readonly (readonly string[])[]
  readonly #matches = new NameCache(name => this.#patterns.some(pieces => matchesPieces(name, pieces)))

  constructor(names: readonly string[]) {
    this.#exact = new Set(names.filter(name => !name.includes('*')))
    this.#patterns = names.filter(name => name.includes('*')).map(name => name.split('*'))
  }

  has(name: string): boolean {
    if (this.#exact.has(name)) return true
    return this.#patterns.length > 0 && this.#matches.of(name)
  }
}
