// Phrases for people: what was found instead of what the schema expects. Values are
// shown only where neither the schema nor a reference makes them secret.

import type { Schema } from '../../../schemas/json-schema.ts'
import type { Reference } from './problem.ts'

/** What was found instead, without showing what may be secret. */
export function found(value: unknown, schema: Schema, references: readonly Reference[]): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  const [reference] = references
  if (reference !== undefined)
    return `${value === '' ? 'an empty text' : 'something else'} from ${reference.text}`
  if (value === '') return 'an empty text'
  const hidden = holdsSecret(schema)
  if (typeof value !== 'string') return hidden ? `a ${typeof value}` : `the ${typeof value} ${String(value)}`
  return hidden ? 'a text that is not shown, as it may be secret' : quote(value)
}

/** Whether the schema has a secret at any depth, so that a misplaced one may stand here. */
function holdsSecret(schema: Schema): boolean {
  if (schema.writeOnly === true) return true
  const parts = [schema.items, ...(schema.anyOf ?? []), ...Object.values(schema.properties ?? {})]
  return [...parts, ...Object.values(schema.patternProperties ?? {})].some(
    part => part !== undefined && holdsSecret(part)
  )
}

/** A text of the user in quotes, cut, and without what a URL may carry as a password, or in its query. */
function quote(text: string): string {
  const shown = text.replace(/\/\/.*@/s, '//***@').replace(/(:\/\/[^?]*)\?.+/s, '$1?***')
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 77)}...` : shown)
}
