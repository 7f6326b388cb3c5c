// Builders of configuration fields that need more than a plain type: each is JSON Schema with a description, so
// that the type, the validation, the editor's schema and the reference page come from one place.

import { Type } from 'typebox'

/** A value that must never be printed. Its schema is marked writeOnly. */
export const secret = (description: string) => Type.String({ description, minLength: 1, writeOnly: true })

/** An http or https URL without credentials in it. */
export const httpUrl = (description: string) =>
  Type.String({ description, format: 'http-url', examples: ['https://example.com/telemetry'] })

/** Milliseconds; fields of it end in `Ms`. */
export const milliseconds = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum, maximum: 86_400_000 })

/** Bytes; fields of it end in `Bytes` or start with `max...Bytes`. */
export const bytes = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum })

/** A count with a default. */
export const count = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum })
