// What a message becomes in a Wialon Retranslator packet: ident the unit, timestamp the time, the position its own
// block, and every other text, number and boolean a parameter under its own name. Pure; the rules, and what the
// protocol cannot carry, are in README.md.

import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../schemas/errors.ts'
import { writtenMember } from '../shared/json/values.ts'
import { type Block, flags, maxNameBytes, type Packet, type Position, reservedNames } from './packet.ts'

/** Why a message has no packet. */
export interface Refusal {
  readonly reason: string
}

type Fields = Readonly<Record<string, unknown>>

const maxInt32 = 2 ** 31 - 1
const minInt32 = -(2 ** 31)
/** The field is unsigned, and still some receivers read it as a signed one. */
const maxSpeedKmh = 32_767

/** The packet of one message, given as JSON. Never throws. */
export function packetOf(value: Buffer): Packet | Refusal {
  if (!isUtf8(value)) return { reason: 'it is not UTF-8' }
  let parsed: unknown
  try {
    parsed = JSON.parse(value.toString())
  } catch (error) {
    return { reason: `it is not JSON: ${messageOf(error)}` }
  }
  if (!isFields(parsed)) return { reason: 'it is not a JSON object' }
  const { ident, timestamp } = parsed
  if (typeof ident !== 'string') return { reason: problemOf('ident', ident, 'a string') }
  if (ident === '') return { reason: 'ident is empty' }
  if (ident.includes('\0')) return { reason: 'ident holds a zero character, which would cut it' }
  if (typeof timestamp !== 'number') return { reason: problemOf('timestamp', timestamp, 'a number') }
  const timeSeconds = Math.floor(timestamp)
  if (timeSeconds < 0 || timeSeconds > maxInt32)
    return { reason: `timestamp must be Unix seconds from 0 to ${maxInt32}, the last second of the protocol` }
  const position = positionOf(parsed)
  const blocks: Block[] = position === null ? [] : [{ kind: 'position', value: position }]
  addParameters(blocks, { fields: parsed, value, hasPosition: position !== null })
  return { unit: ident, timeSeconds, flags: position === null ? 0 : flags.position, blocks }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemOf(name: string, value: unknown, expected: string): string {
  return value === undefined ? `${name} is missing` : `${name} must be ${expected}`
}

/** Null unless latitude and longitude are both known. The receiver's fields are integers, and take 0 for unknown. */
function positionOf(fields: Fields): Position | null {
  const latitude = numberIn(fields, 'position.latitude')
  const longitude = numberIn(fields, 'position.longitude')
  if (latitude === null || longitude === null) return null
  const course = Math.round(numberIn(fields, 'position.direction') ?? 0)
  return {
    longitude,
    latitude,
    altitudeM: numberIn(fields, 'position.altitude') ?? 0,
    speedKmh: clamp(numberIn(fields, 'position.speed') ?? 0, maxSpeedKmh),
    course: ((course % 360) + 360) % 360,
    satellites: clamp(numberIn(fields, 'position.satellites') ?? 0, 255)
  }
}

const positionNames: ReadonlySet<string> = new Set(
  ['latitude', 'longitude', 'altitude', 'speed', 'direction', 'satellites'].map(name => `position.${name}`)
)

function numberIn(fields: Fields, name: string): number | null {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(Math.round(value), 0), max)
}

interface Parameters {
  readonly fields: Fields
  /** The bytes of the message, for integers that a double cannot hold. */
  readonly value: Buffer
  readonly hasPosition: boolean
}

/** Adds a block for every field that stands nowhere else. Of two names that are equal once cut, the first is kept. */
function addParameters(blocks: Block[], { fields, value, hasPosition }: Parameters): void {
  const taken = new Set(reservedNames)
  for (const [field, content] of Object.entries(fields)) {
    if (field === 'ident' || field === 'timestamp') continue
    if (hasPosition && positionNames.has(field) && numberIn(fields, field) !== null) continue
    const name = nameOf(field)
    if (name === '' || taken.has(name)) continue
    const block = parameterOf(name, content, () => digitsOf(value, field))
    if (block === null) continue
    taken.add(name)
    blocks.push(block)
  }
}

/** Null for what the protocol has no type for: null, objects, arrays, numbers beyond a double. */
function parameterOf(name: string, value: unknown, digits: () => string | null): Block | null {
  const hidden = false
  if (typeof value === 'string') return { kind: 'text', name, hidden, value: upToZero(value) }
  if (typeof value === 'boolean') return { kind: 'integer', name, hidden, value: value ? 1 : 0 }
  if (typeof value !== 'number' || !Number.isFinite(value)) return null
  if (!Number.isInteger(value)) return { kind: 'double', name, hidden, value }
  if (value >= minInt32 && value <= maxInt32) return { kind: 'integer', name, hidden, value: value + 0 }
  const exact = BigInt(Number.isSafeInteger(value) ? value : (digits() ?? value))
  return BigInt.asIntN(64, exact) === exact
    ? { kind: 'long', name, hidden, value: exact }
    : { kind: 'double', name, hidden, value }
}

/** An integer as it is written in the message: JSON.parse rounds those beyond 2^53. Null if it has an exponent. */
function digitsOf(value: Buffer, field: string): string | null {
  const digits = writtenMember(value, field) ?? ''
  return /^-?\d+$/.test(digits) ? digits : null
}

/** The name of a field as far as it fits, cut between two characters. */
function nameOf(field: string): string {
  const name = upToZero(field)
  if (Buffer.byteLength(name) <= maxNameBytes) return name
  const bytes = Buffer.from(name)
  let end = maxNameBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** A zero byte ends a text on the wire. */
function upToZero(text: string): string {
  const zero = text.indexOf('\0')
  return zero === -1 ? text : text.slice(0, zero)
}
