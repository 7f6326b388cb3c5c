// What a schema expects, as a phrase for people. The same words stand in error messages, completing "must be ...",
// and in the reference page.

import type { Schema } from '../json-schema.ts'

const formats: Readonly<Record<string, string>> = {
  'http-url': 'an http(s) URL without user name and password',
  start: 'latest, earliest or an ISO 8601 time with zone such as 2026-01-31T08:00:00Z'
}

/** What the schema expects: `a whole number from 1 to 65535`. */
export function expected(schema: Schema): string {
  if (schema['x-expects'] !== undefined && schema.patternProperties === undefined) return schema['x-expects']
  if (schema['x-kinds'] !== undefined)
    return `one ${schema['x-kinds']}, written as "kind: {...}" (${knownKinds(schema)})`
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.anyOf !== undefined) return schema.anyOf.map(expected).join(' or ')
  if (schema.format !== undefined) return formats[schema.format] ?? `text in the format ${schema.format}`
  return expectedType(schema)
}

function expectedType(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return schema.minLength === undefined ? 'text' : 'text that is not empty'
    case 'integer':
      return `a whole number${range(schema)}`
    case 'number':
      return `a number${range(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return schema.minItems === undefined ? 'a list' : 'a list with at least one entry'
    default:
      return 'a mapping ("key: value" lines)'
  }
}

function range({ minimum, exclusiveMinimum, maximum }: Schema): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`
  if (minimum === undefined) return maximum === undefined ? '' : ` up to ${maximum}`
  return maximum === undefined ? ` from ${minimum} up` : ` from ${minimum} to ${maximum}`
}

/** The kinds that an object marked with `x-kinds` may name: `known targets: http`. */
export function knownKinds(schema: Schema): string {
  return `known ${schema['x-kinds']}s: ${Object.keys(schema.properties ?? {}).join(', ')}`
}
