// What `sample` watches for changes: whether the device stands, and values such as that of the ignition. A message that
// does not tell, as it lacks the field, changes nothing: what was known last goes on to count.

import type { Expression } from '../../../expression/expression.ts'
import { encodeJson } from '../../../expression/json.ts'
import { Fault, isTrue, type Json } from '../../../expression/values.ts'
import { isShort } from '../../recall.ts'
import type { Draft } from '../../step.ts'

/** Whether the device stands, and then the last value that is known of each that is watched; null where nothing is. */
export type Known = readonly [stands: boolean | null, ...values: Json[]]

export interface Found {
  readonly known: Known
  /** What has changed: the name of the first value that has, or whether the device stands; null where nothing has. */
  readonly changed: string | null
}

export interface EdgesOptions {
  /** Whether the device stands; null: nobody asks. */
  readonly stands: Expression | null
  readonly changes: readonly (readonly [name: string, expression: Expression])[]
}

export class Edges {
  readonly #stands: Expression | null
  readonly #watched: EdgesOptions['changes']

  constructor({ stands, changes }: EdgesOptions) {
    this.#stands = stands
    this.#watched = changes
  }

  get areWatched(): boolean {
    return this.#stands !== null || this.#watched.length > 0
  }

  /** What is known with this message, and what it has changed. */
  find(draft: Draft, before: Known | null): Found {
    let changed: string | null = null
    const values = this.#watched.map(([name, expression], at) => {
      const last = before?.[at + 1] ?? null
      const value = expression.value(draft)
      if (value instanceof Fault || value === null || !isShort(value)) return last
      if (changed === null && last !== null && encodeJson(value) !== encodeJson(last)) changed = name
      return value
    })
    const stood = before?.[0] ?? null
    const stands = this.#standing(draft) ?? stood
    if (changed === null && stood !== null && stands !== stood) changed = stands ? 'stop' : 'start'
    return { known: [stands, ...values], changed }
  }

  /** Null where the message does not tell. */
  #standing(draft: Draft): boolean | null {
    const value = this.#stands?.value(draft) ?? null
    return value instanceof Fault || value === null ? null : isTrue(value)
  }
}
