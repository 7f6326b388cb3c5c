// Phrases for people: what a schema expects, completing "must be ...", and what was found instead. Values are shown
// only where neither the schema nor a reference makes them secret.

import { distance } from 'fastest-levenshtein'
import type { Reference } from './problem.ts'

/** The parts of JSON Schema that the configuration uses. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly writeOnly?: boolean
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly 'x-expects'?: string
  readonly 'x-kinds'?: string
  readonly 'x-public'?: boolean
}

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

function range({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return maximum === undefined ? '' : ` up to ${maximum}`
  return maximum === undefined ? ` from ${minimum} up` : ` from ${minimum} to ${maximum}`
}

/** The kinds that an object marked with `x-kinds` may name: `known targets: http`. */
export function knownKinds(schema: Schema): string {
  return `known ${schema['x-kinds']}s: ${Object.keys(schema.properties ?? {}).join(', ')}`
}

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

/** A text of the user in quotes, cut, and without what a URL may carry as a password. */
function quote(text: string): string {
  const shown = text.replace(/\/\/.*@/s, '//***@')
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 77)}...` : shown)
}

/** `, did you mean "filter"?`, or nothing where no known name is near. */
export function suggestion(written: string, known: readonly string[]): string {
  const near = known
    .map(name => ({ name, far: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.min(3, Math.floor(name.length / 2)))
    .sort((a, b) => a.far - b.far)[0]
  return near === undefined ? '' : `, did you mean "${near.name}"?`
}
