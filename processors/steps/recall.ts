// What expressions remember of the message before of the same device, for previous(), mileage() and duration().

import type { Expression } from '../expression/expression.ts'
import { encodeJson, put } from '../expression/json.ts'
import type { Fields, Json } from '../expression/values.ts'
import type { Draft } from './step.ts'

/** How long a value may be, as JSON, to be remembered: what many devices send must fit into memory. */
const longestValue = 500

export function isShort(value: Json): boolean {
  if (typeof value === 'string') return value.length <= longestValue
  return typeof value !== 'object' || encodeJson(value).length <= longestValue
}

export class Recall {
  readonly #names: readonly string[]

  constructor(expressions: readonly Expression[]) {
    this.#names = [...new Set(expressions.flatMap(({ remembered }) => [...remembered]))]
  }

  get isNeeded(): boolean {
    return this.#names.length > 0
  }

  /** Lets expressions see the message before, and keeps of this one what the next will ask for. */
  recall(draft: Draft): void {
    if (!this.isNeeded) return
    draft.previous = draft.memory as Fields | null // what was kept below
    const kept: Record<string, Json> = {}
    for (const name of this.#names)
      if (Object.hasOwn(draft.fields, name)) {
        const value = draft.fields[name] ?? null
        if (isShort(value)) put(kept, name, value)
      }
    draft.memory = kept
  }
}
