// Kinds of fields that the values of a chart have: its own mappings know all their keys; what is handed on to Kubernetes
// is looked at there.

import { type TProperties, Type } from 'typebox'

/** A mapping of the chart's own. Helm merges values with the defaults, so nothing has to be written. */
export const closed = <P extends TProperties>(properties: P, description: string) =>
  Type.Partial(Type.Object(properties), { additionalProperties: false, description })

export const flag = (description: string) => Type.Boolean({ description })

export const text = (description: string) => Type.String({ description })

export const whole = (description: string, minimum: number) => Type.Integer({ description, minimum })

/** The name of a folder or volume. */
export const name = (description: string) =>
  Type.String({ description, pattern: '^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$' })

/** Labels or annotations. */
export const labels = Type.Record(Type.String(), Type.String(), {
  description: 'Names and values, as texts.'
})

/** What Kubernetes says of its shape. */
export const kubernetes = (description: string) => Type.Object({}, { description })

/** A list of such. */
export const kubernetesList = (description: string) => Type.Array(Type.Object({}), { description })
