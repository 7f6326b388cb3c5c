// Turns the bytes of one JSON object into a message to append, or says why it is none. The bytes stay as they came:
// JSON.parse only judges them. Two exceptions, both about `timestamp`, which everything downstream reads in Unix
// seconds: where it is missing the time of reception is added, and an ISO 8601 text is replaced by its seconds.

import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../../schemas/errors.ts'
import { maxIdentBytes } from '../../../schemas/message.ts'
import { parseTime } from '../../../schemas/time.ts'
import type { Incoming } from '../../connector.ts'
import { MemberCursor } from './members.ts'
import { parseExactly } from './parse.ts'

/** Why an entry is no message. */
export interface Refusal {
  readonly reason: string
}

/** A flat object needs none; the bound keeps whatever recurses over a message from overflowing its stack. */
const maxDepth = 64

/** Above it a number of seconds is nearer the year 5138 than a device: milliseconds, most likely. */
const maxSeconds = 99_999_999_999

const identName = Buffer.from('ident')
const timestampName = Buffer.from('timestamp')

/** Reads one entry. The message shares its memory unless `timestamp` had to be changed. Never throws. */
export function readIncoming(entry: Buffer, receivedAtMs: number): Incoming | Refusal {
  if (!isUtf8(entry)) return { reason: 'it is not UTF-8' }
  let parsed: unknown
  try {
    parsed = parseExactly(entry.toString('utf8'))
  } catch (error) {
    return { reason: entry.length === 0 ? 'it is empty' : `it is not JSON: ${messageOf(error)}` }
  }
  if (!isObject(parsed)) return { reason: 'it is not a JSON object' }
  const { ident, timestamp } = parsed
  const reason = identProblem(ident) ?? timestampProblem(timestamp)
  if (reason !== null) return { reason }
  const members = findMembers(entry)
  if ('reason' in members) return members
  return {
    key: Buffer.from(String(ident)),
    value: withTimestamp(entry, members, { timestamp, receivedAtMs })
  }
}

/** An object may have any names: they are own properties, `__proto__` too, so nothing inherited is read. */
function isObject(value: unknown): value is { ident?: unknown; timestamp?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function identProblem(ident: unknown): string | null {
  if (ident === undefined) return 'ident is missing'
  if (typeof ident !== 'string') return 'ident must be a string'
  if (ident === '') return 'ident is empty'
  // Two broken halves would become the same replacement character, thus one key for two devices.
  if (/\p{Surrogate}/u.test(ident)) return 'ident holds half of a surrogate pair'
  if (Buffer.byteLength(ident) > maxIdentBytes) return `ident is longer than ${maxIdentBytes} bytes of UTF-8`
  return null
}

function timestampProblem(timestamp: unknown): string | null {
  if (timestamp === undefined) return null
  if (typeof timestamp === 'string') {
    const timeMs = parseTime(timestamp)
    return timeMs === null || timeMs < 0
      ? 'timestamp must be Unix seconds or an ISO 8601 time with its zone, from 1970 on'
      : null
  }
  if (typeof timestamp !== 'number') return 'timestamp must be a number or a text'
  return timestamp >= 0 && timestamp <= maxSeconds
    ? null
    : `timestamp must be in Unix seconds, from 0 to ${maxSeconds}; are these milliseconds?`
}

/** Where the value of `timestamp` stands; empty when there is none. */
interface TimestampRange {
  readonly start: number
  readonly end: number
}

function findMembers(entry: Buffer): TimestampRange | Refusal {
  const members = new MemberCursor(entry, 0, entry.length)
  let idents = 0
  let timestamps = 0
  let range = { start: 0, end: 0 }
  while (members.next()) {
    if (members.isNamed(identName)) idents++
    if (!members.isNamed(timestampName)) continue
    timestamps++
    range = { start: members.valueStart, end: members.valueEnd }
  }
  // Readers differ in which of two equal names they take, so the key and the receiver might name two devices.
  if (idents > 1) return { reason: 'ident stands in it twice' }
  if (timestamps > 1) return { reason: 'timestamp stands in it twice' }
  if (members.deepest > maxDepth) return { reason: `it is nested deeper than ${maxDepth} levels` }
  return range
}

function withTimestamp(
  entry: Buffer,
  range: TimestampRange,
  time: { timestamp: unknown; receivedAtMs: number }
): Buffer {
  if (typeof time.timestamp === 'number') return entry
  if (typeof time.timestamp === 'string') {
    const seconds = Buffer.from(unixSeconds(time.timestamp))
    return Buffer.concat([entry.subarray(0, range.start), seconds, entry.subarray(range.end)])
  }
  const added = Buffer.from(`,"timestamp":${time.receivedAtMs / 1000}}`)
  return Buffer.concat([entry.subarray(0, -1), added]) // the object has an ident, so a comma is due
}

/** Unix seconds of an ISO 8601 text with all the digits of its fraction. */
function unixSeconds(text: string): string {
  const seconds = Math.floor((parseTime(text) ?? 0) / 1000)
  const fraction = /\.(\d*?)0*(?!\d)/.exec(text)?.[1] ?? ''
  return fraction === '' ? String(seconds) : `${seconds}.${fraction}`
}
