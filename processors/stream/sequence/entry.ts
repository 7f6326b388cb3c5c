// A message that waits for its number.

import type { Pending } from '../dispatch/lane.ts'
import type { Rejection } from '../dispatch/outcome/verdict.ts'
import { recordOverheadBytes } from './sequence-record.ts'
import { type Form, formOf } from './set-number.ts'

/** Of one append. */
const maxRecords = 500
const maxBytes = 262_144

export interface Entry {
  readonly message: Pending
  /** Its key, a character for each byte. */
  readonly device: string
  readonly form: Form
  isDone: boolean
  done(refusal: Rejection | null): void
}

/** Null for a message that can carry no number. */
export function entryOf(message: Pending, field: string, done: Entry['done']): Entry | null {
  const form = isKeyless(message) ? null : formOf(message.value(), field)
  if (form === null) return null
  const device = message.bytes.toString('latin1', message.keyStart, message.keyEnd)
  return { message, device, form, done, isDone: false }
}

/** Its message has its number; or cannot have one, as `refusal` says; or it is no longer ours to tell. */
export function finish(entry: Entry, refusal: Rejection | null): void {
  if (entry.isDone) return
  entry.isDone = true
  entry.done(refusal)
}

/** The first of those that wait, at least one, as many as one append takes. */
export function firstOf(waiting: readonly Entry[]): Entry[] {
  let bytes = 0
  const end = waiting.findIndex(({ message }, at) => {
    bytes += message.size + recordOverheadBytes
    return at > 0 && (at >= maxRecords || bytes > maxBytes)
  })
  return waiting.slice(0, end < 0 ? undefined : end)
}

export function refusalOf(code: 'sequence_failed' | 'sequence_too_large', message: Pending): Rejection {
  const detail = isKeyless(message) ? 'it has no key' : `${message.size} bytes`
  return { message, failure: { kind: 'reject', code, detail } }
}

function isKeyless({ keyStart, keyEnd }: Pending): boolean {
  return keyEnd < keyStart
}
