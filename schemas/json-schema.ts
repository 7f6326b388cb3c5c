// The parts of JSON Schema that Tailrace's own schemas use. TypeBox objects are plain JSON Schema with types on top;
// what walks a schema (validation, rendering) sees them as this.

import type { TSchema } from 'typebox'

/** The parts of JSON Schema that the configuration uses. */
export interface Schema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly exclusiveMinimum?: number
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
  readonly 'x-secret'?: 'perhaps' | 'query'
}

/** A TypeBox schema as the plain JSON Schema that it is. */
export function plainSchema(schema: TSchema): Schema {
  // TypeBox declares its schemas as `{}` with keywords that depend on the type.
  return schema as Schema
}
