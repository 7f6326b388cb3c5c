// Keeps the named fields.

import { put } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import { NameSet, nameList, noteNames } from '../names.ts'
import { defineStep, type Step } from '../step.ts'

export const select = defineStep({
  kind: 'select',
  summary: 'Keeps the named fields and drops all others.',
  config: nameList('The fields to keep.'),
  examples: [
    {
      settings: `select: [ident, timestamp, 'position.*']`,
      messages: [{ ident: 'a1', timestamp: 100, 'position.speed': 80, din: 3 }],
      results: [{ ident: 'a1', timestamp: 100, 'position.speed': 80 }]
    }
  ],
  create(list, env) {
    noteNames(env, list)
    return keeping(new NameSet(list), true)
  }
})

/** A step that keeps the fields that are in the list, or those that are not. */
export function keeping(names: NameSet, isWanted: boolean): Step {
  return {
    remembers: false,
    apply(draft) {
      const { fields } = draft
      let isWhole = true
      const kept: Record<string, Json> = {}
      for (const name of Object.keys(fields)) {
        if (names.has(name) === isWanted) put(kept, name, fields[name] ?? null)
        else isWhole = false
      }
      if (!isWhole) draft.become(kept)
      return 'pass'
    }
  }
}
