// The JSON Schema that users point their editor at. It differs from the schema Tailrace validates with: what has a
// default may be left out, a reference may stand wherever a text does, and keywords of our own are left away.

import type { Schema } from '../json-schema.ts'

const reference = { pattern: '\\$\\{(env|file):' }

const time = '^\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?([Zz]|[+-]\\d\\d:?\\d\\d)$'

/** Stand-ins for formats that nobody else knows: what they take, and a little more. */
const formats: Readonly<Record<string, readonly object[]>> = {
  'http-url': [{ pattern: '^https?://[^\\s/?#@]+([/?#]|$)' }],
  jwks: [{ pattern: '"keys"' }],
  reference: [],
  start: [{ enum: ['latest', 'earliest'] }, { pattern: time }]
}

/** The schema for editors; `schema` is the composed one of the whole configuration. */
export function editorSchema(schema: Schema): object {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...converted(schema) }
}

function converted(schema: Schema): Record<string, unknown> {
  const { required, properties, patternProperties, items, anyOf, ...rest } = withoutOwnKeywords(schema)
  const result: Record<string, unknown> = schema.type === 'string' || schema.enum ? textSchema(rest) : rest
  const needed = required?.filter(key => properties?.[key]?.default === undefined) ?? []
  if (needed.length > 0) result.required = needed
  if (properties !== undefined) result.properties = convertedEach(properties)
  if (patternProperties !== undefined) result.patternProperties = convertedEach(patternProperties)
  if (items !== undefined) result.items = converted(items)
  if (anyOf !== undefined) result.anyOf = anyOf.map(converted)
  return result
}

function convertedEach(schemas: Readonly<Record<string, Schema>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, converted(schema)]))
}

function withoutOwnKeywords(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keyword.startsWith('x-')))
}

/** A text with rules may also be one with a reference in it, whose value only Tailrace sees. */
function textSchema({ format, pattern, enum: values, ...rest }: Schema): Record<string, unknown> {
  const forms = [
    ...(format === undefined ? [] : (formats[format] ?? [{ format }])),
    ...(pattern === undefined ? [] : [{ pattern }]),
    ...(values === undefined ? [] : [{ enum: values }])
  ]
  return forms.length === 0 && format === undefined ? rest : { ...rest, anyOf: [...forms, reference] }
}
