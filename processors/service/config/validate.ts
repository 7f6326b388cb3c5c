// Applies the schema to the merged data: fills in defaults and says, in the words of expectations.ts, what is wrong.
// Ajv finds the mistakes; its own sentences are never shown.

import { Ajv, type ErrorObject } from 'ajv'
import { own, parseJson } from '../../../connectors/shared/json/values.ts'
import type { Schema } from '../../../schemas/json-schema.ts'
import { expected, knownKinds } from '../../../schemas/render/expected.ts'
import { parseTime } from '../../../schemas/time.ts'
import { suggestion } from '../../suggestion.ts'
import { found } from './expectations.ts'
import { type Finding, type Places, pointerTo } from './problem.ts'

/** Checks `data`, which gets the defaults filled in, against the schema. */
export function validate(schema: object, data: unknown, places: Places): Finding[] {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: true,
    strictRequired: false,
    verbose: true
  })
  ajv.addVocabulary(['x-expects', 'x-kinds', 'x-public', 'x-secret'])
  ajv.addFormat('http-url', isHttpUrl)
  ajv.addFormat('jwks', isKeySet)
  ajv.addFormat('start', text => text === 'latest' || text === 'earliest' || parseTime(text) !== null)
  const check = ajv.compile(schema)
  check(data)
  const errors = check.errors ?? []
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf').map(error => `${error.schemaPath}/`)
  const findings = errors
    .filter(error => !unions.some(union => error.schemaPath.startsWith(union)))
    .map(error => explain(error, places))
  return withoutRepeats(findings)
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/** A JSON Web Key Set (RFC 7517) by its outline; its keys are looked at where they are used. */
function isKeySet(text: string): boolean {
  const keys = own(parseJson(text), 'keys')
  return Array.isArray(keys) && keys.length > 0 && keys.every(key => typeof own(key, 'kty') === 'string')
}

function explain(error: ErrorObject, places: Places): Finding {
  const pointer = error.instancePath
  const schema = schemaOf(error)
  switch (error.keyword) {
    case 'required':
      return missing(pointer, schema, String(error.params.missingProperty))
    case 'additionalProperties':
      return unknownKey(pointer, schema, String(error.params.additionalProperty))
    case 'minProperties':
    case 'maxProperties':
      return wrongCount(pointer, schema, error.data)
    case 'uniqueItems': {
      const repeated = pointerTo(pointer, Math.max(Number(error.params.i), Number(error.params.j)))
      return { pointer: repeated, at: 'value', sentence: 'is in the list already' }
    }
    default: {
      const references = places.get(pointer)?.references ?? []
      const sentence = `must be ${expected(schema)}, got ${found(error.data, schema, references)}`
      const hint = references.length === 0 ? quotes(error, schema) || nearChoice(error, schema) : ''
      return { pointer, at: 'value', sentence: sentence + hint }
    }
  }
}

/** Ajv gives the schema that has the keyword, as `verbose` is set. */
function schemaOf(error: ErrorObject): Schema {
  // Ajv declares boolean and asynchronous schemas too, of which there are none.
  return error.parentSchema as Schema
}

/** YAML takes `12345` for a number where a text is wanted, and `'12345'` for a text where a number is. */
function quotes({ data }: ErrorObject, { type, enum: choices }: Schema): string {
  const isScalar = typeof data === 'number' || typeof data === 'boolean'
  if (isScalar && (type === 'string' || choices?.includes(String(data)))) return ': put it in quotes'
  const isNumber = type === 'number' || type === 'integer'
  return isNumber && typeof data === 'string' && /^[\d.]+$/.test(data) ? ': leave out the quotes' : ''
}

/** `km/h` for whoever wrote `kmh`. */
function nearChoice({ data }: ErrorObject, { enum: choices = [] }: Schema): string {
  return typeof data === 'string' ? suggestion(data, choices.map(String)) : ''
}

function missing(pointer: string, schema: Schema, key: string): Finding {
  const wanted = expected(schema.properties?.[key] ?? {})
  return { pointer: pointerTo(pointer, key), at: 'key', sentence: `is missing: it must be ${wanted}` }
}

function unknownKey(pointer: string, schema: Schema, key: string): Finding {
  const at = { pointer: pointerTo(pointer, key), at: 'key' } as const
  const known = Object.keys(schema.properties ?? {})
  const hint = suggestion(key, known)
  if (schema.patternProperties !== undefined)
    return { ...at, sentence: `is not a valid name: expected ${schema['x-expects'] ?? 'another'}` }
  if (schema['x-kinds'] !== undefined)
    return { ...at, sentence: `is an unknown ${schema['x-kinds']}${hint} (${knownKinds(schema)})` }
  return { ...at, sentence: `is an unknown key${hint || ` (known keys: ${known.join(', ')})`}` }
}

function wrongCount(pointer: string, schema: Schema, data: unknown): Finding {
  const keys = Object.keys(typeof data === 'object' && data !== null ? data : {})
  const got = keys.length === 0 ? 'none' : `${keys.length}: ${keys.join(', ')}`
  return { pointer, at: 'value', sentence: `must be exactly ${expected(schema)}, got ${got}` }
}

/** Two keywords of one schema may fail on one value; they give the same sentence. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map(finding => [JSON.stringify(finding), finding]))
  return [...seen.values()]
}
