// What expressions remember of the message before of the same device, for previous(), mileage() and duration().

import type { Expression } from '../expression/expression.ts'
import { put } from '../expression/json.ts'
import type { Fields, Json } from '../expression/values.ts'
import type { Draft } from './step.ts'

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
      if (Object.hasOwn(draft.fields, name)) put(kept, name, draft.fields[name] ?? null)
    draft.memory = kept
  }
}
