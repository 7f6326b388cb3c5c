// Messages as JSON objects, and back. What a step does not touch stays what it was: a whole number beyond the 53 bits of a
// double, which JSON.parse would round in silence, is carried as its digits.

import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { parseExactly } from '../../connectors/shared/json/parse.ts'
import { type Json, LongNumber } from './values.ts'

/** Every whole number with fewer digits is exact. */
const longDigits = 16
/** A number of so many digits where a value may begin, or something in a text that looks so. */
const maybeLong = /[:,[]\s*-?\d{16}/
/** A power of ten beyond 99, or more than 300 digits, or a text that looks so. */
const maybeHuge = /\d[eE]\+?\d{3}|\d{300}/
/** Texts, which are passed over, and numbers, of what is known to be JSON. */
const textsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/** Deeper ones could be read, but to write them takes a call for each level: that is bounded by the stack. */
const maxDepth = 1_000

/** Nobody can guess it, so no text of a message is taken for a number. */
const mark = `number-${randomBytes(12).toString('hex')}:`
/** From quote to quote: one behind a backslash is inside of a text. */
const marked = new RegExp(`(?<!\\\\)"${mark}(-?\\d+)"`, 'g')

/** Undefined where the bytes are no JSON object in UTF-8, or one that is nested beyond all measure. */
export function decodeFields(bytes: Buffer, start: number, end: number): Record<string, Json> | undefined {
  const text = bytes.toString('utf8', start, end)
  // What is no UTF-8 would be written as other characters in silence.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) return undefined
  try {
    const value = parseExactly(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (text.length > 2 * maxDepth && isDeeper(value, maxDepth)) return undefined
    const fields = hasLongDigits(bytes, start, end) && maybeLong.test(text) ? parseLong(text) : value
    return fields as Record<string, Json> // what JSON.parse gives, and no list
  } catch {
    return undefined
  }
}

export function encodeJson(value: Json): string {
  const text = JSON.stringify(value)
  return text.includes(mark) ? text.replaceAll(marked, '$1') : text
}

/** Sets a field of its own, whatever it is called: an assignment to __proto__ would set none. */
export function put(fields: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__')
    Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true })
  else fields[name] = value
}

/** Whether the JSON holds a number that is too large for a double: written again, it would be null in silence. */
export function holdsHuge(bytes: Buffer, start: number, end: number): boolean {
  const text = bytes.toString('latin1', start, end)
  if (!maybeHuge.test(text)) return false
  return [...text.matchAll(textsAndNumbers)].some(
    ([token]) => !token.startsWith('"') && !isLong(token) && !Number.isFinite(Number(token))
  )
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(inner => isDeeper(inner, levels - 1))
}

/** Whether so many digits stand in a row that a number may be long: then one of every sixteen bytes is one of them. */
function hasLongDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start + longDigits - 1; at < end; at += longDigits) {
    if (!isDigit(bytes[at])) continue
    let first = at
    while (first > start && isDigit(bytes[first - 1])) first--
    let last = at
    while (last + 1 < end && isDigit(bytes[last + 1])) last++
    if (last - first + 1 >= longDigits) return true
  }
  return false
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** Of JSON: in anything else a number might become the text that makes JSON of it. */
function parseLong(text: string): unknown {
  const digits = text.replaceAll(textsAndNumbers, token => (isLong(token) ? `"${mark}${token}"` : token))
  return parseExactly(digits, value =>
    typeof value === 'string' && value.startsWith(mark)
      ? new LongNumber(value.slice(mark.length), mark)
      : value
  )
}

function isLong(token: string): boolean {
  return /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token))
}
