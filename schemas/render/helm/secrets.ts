// In the values of a chart a secret is a reference, and never written out: what stands in values is kept with the release and in
// a ConfigMap, where more people read than should.

import type { Schema } from '../../json-schema.ts'

/** The same schema, in which fields that are secret for sure take a text with a reference in it only. */
export function referencedSecrets(schema: Schema): Schema {
  const { properties, patternProperties, items, anyOf, ...rest } = schema
  return {
    ...(isSecret(schema) ? referenced(rest) : rest),
    ...(properties !== undefined && { properties: each(properties) }),
    ...(patternProperties !== undefined && { patternProperties: each(patternProperties) }),
    ...(items !== undefined && { items: referencedSecrets(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(referencedSecrets) })
  }
}

function isSecret(schema: Schema): boolean {
  return schema.writeOnly === true && schema['x-secret'] !== 'perhaps'
}

/** What it has to look like can be told only where the reference is resolved. */
function referenced({ pattern: _, minLength: __, ...schema }: Schema): Schema {
  return { ...schema, format: 'reference' }
}

function each(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, referencedSecrets(schema)])
  )
}
