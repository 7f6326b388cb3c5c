// Converts the units of fields. The factors are exact where the unit is defined by one (NIST SP 811, appendix B).

import { Type } from 'typebox'
import { nameOf } from '../../expression/values.ts'
import { byField } from '../names.ts'
import { defineStep, Refusal } from '../step.ts'

/** A unit as factor and offset to the first unit of its kind: that = value * factor + offset. */
type Unit = readonly [factor: number, offset?: number]

const kinds: Readonly<Record<string, Readonly<Record<string, Unit>>>> = {
  speed: { 'm/s': [1], 'km/h': [1 / 3.6], mph: [0.44704], knots: [1852 / 3600] },
  length: { m: [1], km: [1000], ft: [0.3048], mi: [1609.344], nmi: [1852] },
  temperature: { K: [1], C: [1, 273.15], F: [5 / 9, 459.67 * (5 / 9)] },
  mass: { kg: [1], g: [0.001], t: [1000], lb: [0.45359237] },
  volume: { l: [1], 'gal-us': [3.785411784], 'gal-uk': [4.54609] },
  pressure: { Pa: [1], kPa: [1000], bar: [100_000], psi: [6894.757293168] },
  time: { s: [1], ms: [0.001], min: [60], h: [3600] }
}

const names = Object.values(kinds).flatMap(units => Object.keys(units))

const unit = (description: string) => Type.Enum(names, { description })

export const units = defineStep({
  kind: 'units',
  summary:
    'Converts the units of fields. A field that is not there or null stays so; one that is no number rejects the message.',
  config: byField(
    Type.Object(
      {
        from: unit('The unit that the field is in.'),
        to: unit('The unit that it is to have.'),
        digits: Type.Integer({
          description: 'Digits behind the point that are kept.',
          minimum: 0,
          maximum: 15,
          default: 3
        })
      },
      { additionalProperties: false }
    ),
    { minProperties: 1 }
  ),
  examples: [
    {
      settings: 'units: { position.speed: { from: km/h, to: mph, digits: 1 } }',
      messages: [{ 'position.speed': 100 }, { din: 1 }, { 'position.speed': 'fast' }],
      results: [
        { 'position.speed': 62.1 },
        { din: 1 },
        'field "position.speed": it must be a number, found a text'
      ]
    }
  ],
  create(config, env) {
    const conversions = Object.entries(config).map(([name, { from, to, digits }]) => {
      env.reads(name, name)
      const kind = Object.values(kinds).find(one => Object.hasOwn(one, from))
      const [fromUnit, toUnit] = [kind?.[from], kind?.[to]]
      // What is no unit at all is told by the schema.
      if (kind !== undefined && toUnit === undefined && names.includes(to))
        env.mistake(`cannot be made of ${from}: to is one of ${Object.keys(kind).join(', ')}`, name, 'to')
      return { name, convert: conversion(fromUnit ?? [1], toUnit ?? [1], digits) }
    })
    return {
      remembers: false,
      apply(draft) {
        for (const { name, convert } of conversions) {
          if (!Object.hasOwn(draft.fields, name)) continue
          const value = draft.fields[name] ?? null
          if (value === null) continue
          if (typeof value !== 'number')
            return new Refusal(name, `it must be a number, found ${nameOf(value)}`)
          const converted = convert(value)
          if (!Number.isFinite(converted)) return new Refusal(name, 'it is too large to be converted')
          draft.set(name, converted)
        }
        return 'pass'
      }
    }
  }
})

function conversion(
  [factor, offset = 0]: Unit,
  [toFactor, toOffset = 0]: Unit,
  digits: number
): (value: number) => number {
  const scale = 10 ** digits
  return value => {
    const converted = (value * factor + offset - toOffset) / toFactor
    const scaled = converted * scale
    // Beyond that a double has no more digits than are to be kept.
    return Math.abs(scaled) <= Number.MAX_SAFE_INTEGER ? Math.round(scaled) / scale : converted
  }
}
