// What a message says as a report: ident the unit, timestamp the time, the position, the digital inputs and outputs,
// the driver and the alarm in their places, and every other text, number and boolean a parameter. Pure.

import { isUtf8 } from 'node:buffer'
import { messageOf as sentenceOf } from '../../../schemas/errors.ts'
import { parseExactly } from '../json/parse.ts'
import { WrittenMembers } from '../json/values.ts'
import {
  type Loss,
  maxInt32,
  minInt32,
  type Parameter,
  type Position,
  type Refusal,
  type Report
} from './report.ts'
import { type FieldRules, upToZero } from './rules.ts'

type Fields = Readonly<Record<string, unknown>>

/** A field that is not in the report, or not as a whole, and why. */
export interface LeftOut {
  readonly field: string
  readonly why: Loss
}

export interface OutgoingReport extends Report {
  readonly leftOut: readonly LeftOut[]
}

/** The report of one message, given as JSON. Never throws. */
export function reportOf(value: Buffer, rules: FieldRules): OutgoingReport | Refusal {
  if (!isUtf8(value)) return { reason: 'it is not UTF-8' }
  let parsed: unknown
  try {
    parsed = parseExactly(value.toString())
  } catch (error) {
    return { reason: `it is not JSON: ${sentenceOf(error)}` }
  }
  if (!isFields(parsed)) return { reason: 'it is not a JSON object' }
  const { ident, timestamp } = parsed
  if (typeof ident !== 'string') return { reason: problemOf('ident', ident, 'a string') }
  if (ident === '') return { reason: 'ident is empty' }
  if (ident.includes('\0')) return { reason: 'ident holds a zero character, which would cut it' }
  if (typeof timestamp !== 'number') return { reason: problemOf('timestamp', timestamp, 'a number') }
  const written = new WrittenMembers(value)
  const used = new Set(['ident', 'timestamp'])
  return read({ fields: parsed, written, rules, used, leftOut: [] }, ident, timestamp)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemOf(name: string, value: unknown, expected: string): string {
  return value === undefined ? `${name} is missing` : `${name} must be ${expected}`
}

interface Reading {
  readonly fields: Fields
  /** Integers that a double cannot hold. */
  readonly written: WrittenMembers
  readonly rules: FieldRules
  /** Fields that have their place already. */
  readonly used: Set<string>
  readonly leftOut: LeftOut[]
}

function read(reading: Reading, unit: string, timeSeconds: number): OutgoingReport | Refusal {
  const { inputs, outputs, requirePosition } = reading.rules.config
  const position = positionOf(reading)
  if (position === null && requirePosition)
    return { reason: 'position.latitude and position.longitude are required here, by requirePosition' }
  return {
    unit,
    timeSeconds,
    position,
    inputs: bitsOf(reading, inputs),
    outputs: bitsOf(reading, outputs),
    driver: driverOf(reading),
    alarm: alarmOf(reading),
    parameters: parametersOf(reading),
    leftOut: reading.leftOut
  }
}

/** Null unless latitude and longitude are both known. */
function positionOf(reading: Reading): Position | null {
  const { fields } = reading
  if (numberIn(fields, 'position.latitude') === null || numberIn(fields, 'position.longitude') === null)
    return null
  const take = (name: string) => {
    const value = numberIn(fields, name)
    if (value !== null) reading.used.add(name)
    return value
  }
  return {
    longitude: take('position.longitude'),
    latitude: take('position.latitude'),
    altitudeM: take('position.altitude'),
    speedKmh: take('position.speed'),
    course: take('position.direction'),
    satellites: take('position.satellites')
  }
}

function numberIn(fields: Fields, name: string): number | null {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** What is no mask of 32 bits stays a parameter. */
function bitsOf({ fields, used }: Reading, name: string): number | null {
  const value = numberIn(fields, name)
  if (value === null || used.has(name) || !Number.isInteger(value) || value < 0 || value >= 2 ** 32)
    return null
  used.add(name)
  return value + 0
}

/** Where it is not of the first field, that one stays a parameter as well: its name tells what kind of id it is. */
function driverOf(reading: Reading): string | null {
  const { fields, used, rules } = reading
  for (const [at, name] of rules.config.driver.entries()) {
    const value = fields[name]
    if (typeof value !== 'string' || used.has(name) || upToZero(value) === '') continue
    if (at === 0) used.add(name)
    return textOf(reading, name, value)
  }
  return null
}

/** Only `true` in the first field is said in full by the alarm itself; everything else stays a parameter as well. */
function alarmOf({ fields, used, rules }: Reading): boolean {
  const names = rules.config.alarm
  const [first] = names
  const isAlarm = names.some(name => isAlarming(fields[name]))
  if (first !== undefined && fields[first] === true) used.add(first)
  return isAlarm
}

export function isAlarming(value: unknown): boolean {
  return (
    value === true ||
    (typeof value === 'number' && value !== 0) ||
    (typeof value === 'bigint' && value !== 0n)
  )
}

/** Of two names that are equal once cut, the first is kept. What is too much is not even looked at. */
function parametersOf(reading: Reading): Parameter[] {
  const { fields, rules, used, leftOut } = reading
  const { maxParameters } = rules.config
  const parameters: Parameter[] = []
  const taken = new Set<string>()
  for (const field of Object.keys(fields)) {
    if (fields[field] === null || used.has(field)) continue
    if (taken.size === maxParameters) {
      leftOut.push({ field, why: 'too many' })
      continue
    }
    const { name, isCut } = rules.nameOf(field)
    const problem = problemOfName(name, taken, rules)
    const parameter = problem === null ? parameterOf(reading, field, name) : null
    if (parameter === null) leftOut.push({ field, why: problem ?? 'no type for it' })
    else {
      taken.add(name)
      parameters.push(parameter)
      if (isCut) leftOut.push({ field, why: 'a name cut short' })
    }
  }
  return parameters
}

function problemOfName(name: string, taken: ReadonlySet<string>, rules: FieldRules): Loss | null {
  if (name === '') return 'no name'
  if (rules.limits.reserved.has(name)) return 'a name of the protocol'
  return taken.has(name) ? 'a name twice' : null
}

/** Null for what the protocols have no type for: objects, arrays, numbers beyond a double. */
function parameterOf(reading: Reading, field: string, name: string): Parameter | null {
  const value = reading.fields[field]
  if (typeof value === 'string') return { kind: 'text', name, value: textOf(reading, field, value) }
  if (typeof value === 'boolean') return { kind: 'integer', name, value: value ? 1 : 0 }
  if (typeof value !== 'number' || !Number.isFinite(value)) return null
  if (!Number.isInteger(value)) return { kind: 'double', name, value }
  if (value >= minInt32 && value <= maxInt32) return { kind: 'integer', name, value: value + 0 }
  const digits = Number.isSafeInteger(value) ? null : digitsOf(reading.written.get(field))
  const exact = BigInt(digits ?? value)
  if (BigInt.asIntN(64, exact) === exact) return { kind: 'long', name, value: exact }
  if (exact !== BigInt(value)) reading.leftOut.push({ field, why: 'digits beyond 64 bits' })
  return { kind: 'double', name, value }
}

/** What of a text can be sent; tells of what cannot. */
function textOf({ rules, leftOut }: Reading, field: string, value: string): string {
  const text = upToZero(value)
  const why = text === value ? rules.limits.lossOfText(text) : 'a text cut at a zero character'
  if (why !== null) leftOut.push({ field, why })
  return text
}

/** Null for a number with an exponent, which has no digits of its own beyond 2^53. */
function digitsOf(text = ''): string | null {
  return /^-?\d+$/.test(text) ? text : null
}
