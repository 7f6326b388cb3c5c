// One JSON object of a payload, with what its topic says of it. The bytes stay as they came but for the fields that come
// from elsewhere: those of the topic, which count more than what the payload says, since a broker can be told who may
// publish where; and the ident, where it stands under another name.

import type { Incoming } from '../../connector.ts'
import { type Refusal, readIncoming } from '../../shared/json/incoming.ts'
import { MemberCursor } from '../../shared/json/members.ts'
import { own, ownAt, parseJson, writtenMember } from '../../shared/json/values.ts'
import type { TopicField } from './topics.ts'

export interface EntryRules {
  /** Of the topic. */
  readonly fields: readonly TopicField[]
  /** The field that is the ident, if it is not `ident`. */
  readonly identField: string | undefined
  readonly receivedAtMs: number
}

const openingBrace = 0x7b

/** Never throws. */
export function readEntry(
  entry: Buffer,
  { fields, identField, receivedAtMs }: EntryRules
): Incoming | Refusal {
  const isIdentKnown = fields.some(([name]) => name === 'ident')
  if (fields.length === 0 && (identField === undefined || isIdentKnown))
    return readIncoming(entry, receivedAtMs)
  const object = parseJson(entry.toString())
  // Whatever else is wrong with it, it has nothing that could be set; the reason is told by the one who judges.
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    return readIncoming(entry, receivedAtMs)
  if (identField === undefined || isIdentKnown) return readIncoming(withFields(entry, fields), receivedAtMs)
  const ident = identOf(object, entry, identField)
  if (typeof ident !== 'string') return ident
  return readIncoming(withFields(entry, [...fields, ['ident', ident]]), receivedAtMs)
}

/** A text, or a number as it is written: it may be longer than a double can hold. */
function identOf(object: object, entry: Buffer, name: string): string | Refusal {
  const flat = own(object, name)
  const value = flat === undefined ? ownAt(object, name) : flat
  if (typeof value === 'string') return value
  if (typeof value === 'number')
    return (flat === undefined ? undefined : writtenMember(entry, name)) ?? String(value)
  return {
    reason: value === undefined ? `${name} is missing` : `${name}, the ident, must be a string or a number`
  }
}

/** The object with these fields, in place of those it has under their names. */
function withFields(entry: Buffer, fields: readonly TopicField[]): Buffer {
  const start = entry.indexOf(openingBrace)
  const names = new Map(fields.map(([name, text]) => [name, Buffer.from(JSON.stringify(text))]))
  const wanted = fields.map(([name]) => Buffer.from(name))
  const missing = new Set(names.keys())
  const parts: Buffer[] = []
  let copied = start + 1
  let isEmpty = true
  const members = new MemberCursor(entry, start, entry.length)
  while (members.next()) {
    isEmpty = false
    const name = wanted.find(each => members.isNamed(each))?.toString()
    if (name === undefined) continue
    parts.push(entry.subarray(copied, members.valueStart), names.get(name) ?? Buffer.alloc(0))
    copied = members.valueEnd
    missing.delete(name)
  }
  const added = [...missing].map(name => `${JSON.stringify(name)}:${names.get(name)}`).join()
  const comma = added === '' || isEmpty ? '' : ','
  return Buffer.concat([Buffer.from(`{${added}${comma}`), ...parts, entry.subarray(copied)])
}
