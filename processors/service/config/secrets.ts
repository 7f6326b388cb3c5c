// Finds the values of a configuration that must never be printed: those of writeOnly fields, and what references
// stand for unless the field is marked x-public. The log masks them wherever they turn up, whoever wrote them.

import type { Schema } from '../../../schemas/json-schema.ts'
import { isMapping } from './merge.ts'
import { type Places, pointerTo } from './problem.ts'

/** Shorter texts are no secrets, and masking them would blot out half of every line. */
const minLength = 6

/** The secret values of the checked data, without repeats. */
export function secretsOf(data: unknown, schema: Schema, places: Places): string[] {
  const secrets = new Set<string>()
  const visit = (value: unknown, part: Schema, pointer: string): void => {
    for (const branch of part.anyOf ?? []) visit(value, branch, pointer)
    if (typeof value === 'string') {
      if (part.writeOnly === true) secrets.add(value)
      if (part['x-public'] !== true)
        for (const reference of places.get(pointer)?.references ?? []) secrets.add(reference.value)
    }
    for (const [key, child] of entriesOf(value)) visit(child, partOf(part, key), pointerTo(pointer, key))
  }
  visit(data, schema, '')
  return [...secrets].filter(secret => secret.length >= minLength)
}

function entriesOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item])
  return isMapping(value) ? Object.entries(value) : []
}

function partOf(schema: Schema, key: string | number): Schema {
  if (typeof key === 'number') return schema.items ?? {}
  return schema.properties?.[key] ?? Object.values(schema.patternProperties ?? {})[0] ?? {}
}
