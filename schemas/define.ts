// Builders of configuration fields that need more than a plain type: each is JSON Schema with a description, so
// that the type, the validation, the editor's schema and the reference page come from one place. Some keywords are
// our own: `x-expects` completes "must be ..." where the plain type says too little, `x-kinds` marks an object that
// names one of several kinds, `x-public` a text that may be shown, `x-secret` one that may be a secret, or has one in its query.

import { type TSchema, type TUnsafe, Type } from 'typebox'

interface SecretRule {
  readonly pattern?: string
  readonly 'x-expects'?: string
  /** It may as well be none: written out, only a text of some length is masked. */
  readonly 'x-secret'?: 'perhaps'
}

/** A value that must never be printed. Its schema is marked writeOnly. */
export const secret = (description: string, rule: SecretRule = {}) =>
  Type.String({ description, minLength: 1, writeOnly: true, ...rule })

/** An http or https URL without credentials in it. */
export const httpUrl = (description: string) =>
  Type.String({ description, format: 'http-url', examples: ['https://example.com/telemetry'] })

/** Milliseconds; fields of it end in `Ms`. */
export const milliseconds = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum, maximum: 86_400_000 })

/** Bytes; fields of it end in `Bytes` or start with `max...Bytes`. */
export const bytes = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum })

/** An expression (processors/expression). That it is one is checked where it is compiled. */
export const expression = (description: string) =>
  Type.String({ description, minLength: 1, examples: ['position.valid && position.speed < 250'] })

/** A count with a default. */
export const count = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum })

/** A pattern for a port to connect to, from 1 to 65535. */
export const portPattern =
  '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'

/** A TCP port to listen on; 0 takes a free one. */
export const port = (description: string, fallback: number) =>
  Type.Integer({
    description: `${description}; 0 takes a free one.`,
    default: fallback,
    minimum: 0,
    maximum: 65_535
  })

/** Objects by name: what users call their channels and streams. */
export const named = <S extends TSchema>(value: S, description: string) =>
  Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), value, {
    description,
    default: {},
    additionalProperties: false,
    'x-expects': 'lower-case letters, digits and dashes, at most 63 of them'
  })

/** A source or target part: exactly one key, checked against the connector's own schema. */
export type OneOfKinds = Readonly<Record<string, unknown>>

/** An object with exactly one of the given keys: `{ http: {...} }`. `role` is what a kind of it is: `target`. */
export function oneOfKinds(
  role: string,
  kinds: Readonly<Record<string, TSchema>>,
  description: string
): TUnsafe<OneOfKinds> {
  return Type.Unsafe<OneOfKinds>({
    type: 'object',
    properties: kinds,
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    description,
    'x-kinds': role
  })
}

/** What Kafka takes as the name of a topic. */
export const topicPattern = '^[a-zA-Z0-9._-]{1,249}$'

/** The name of a Kafka topic. */
export const topicName = (description: string) =>
  Type.String({
    description,
    pattern: topicPattern,
    'x-expects': 'a topic name of letters, digits, dots, dashes and underscores, at most 249 of them',
    'x-public': true
  })

/** Read-only all the way down: a configuration is frozen once it is loaded. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
