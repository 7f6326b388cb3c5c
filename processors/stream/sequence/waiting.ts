// The messages of one partition that wait for their numbers, in order. Each waits once, by its place: a batch that was
// given up leaves its messages here, and whoever asks for their numbers next takes over what they left. Two entries of one
// message would get two numbers, and the first of these would never be sent.

import type { Pending } from '../dispatch/lane.ts'
import type { Rejection } from '../dispatch/outcome/verdict.ts'
import { recordOverheadBytes } from './sequence-record.ts'
import { type Form, formOf } from './set-number.ts'

/** Of one append. */
const maxRecords = 500
const maxBytes = 262_144

type Done = (refusal: Rejection | null) => void

/** A message or a record, by what tells whether it is the one that got a number. */
export type Keyed = Pick<Pending, 'bytes' | 'keyStart' | 'keyEnd' | 'timestampMs'>

/** A message that waits for its number. */
export interface Entry {
  /** As it was asked for last. */
  readonly message: Pending
  /** Its key, a character for each byte. */
  readonly device: string
  readonly form: Form
}

export class Waiting {
  readonly #field: string
  readonly #entries = new Map<string, Entry & { readonly done: Done }>()

  /** `field` carries the number. */
  constructor(field: string) {
    this.#field = field
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** `done` is told once it has its number, cannot have one, or is no longer ours to tell. */
  add(message: Pending, done: Done): void {
    const device = deviceOf(message)
    const form = device === null ? null : formOf(message.value(), this.#field)
    if (device === null || form === null) {
      done(refusalOf('sequence_failed', message))
      return
    }
    const before = this.#entries.get(message.place)
    this.#entries.set(message.place, { message, device, form, done }) // where it stood before
    before?.done(null)
  }

  /** The entry at that place as it is now; undefined once it waits no more. */
  at(place: string): Entry | undefined {
    return this.#entries.get(place)
  }

  /** The first of those that wait, at least one, as many as one append takes. */
  first(): Entry[] {
    const first: Entry[] = []
    let bytes = 0
    for (const entry of this.#entries.values()) {
      bytes += entry.message.size + recordOverheadBytes
      if (first.length > 0 && (first.length >= maxRecords || bytes > maxBytes)) break
      first.push(entry)
    }
    return first
  }

  /** The message there has its number; or cannot have one, as `refusal` says. */
  finish(place: string, refusal: Rejection | null): void {
    const entry = this.#entries.get(place)
    this.#entries.delete(place)
    entry?.done(refusal)
  }

  /** None of them is ours any more. */
  clear(): void {
    for (const place of [...this.#entries.keys()]) this.finish(place, null)
  }
}

export function refusalOf(code: 'sequence_failed' | 'sequence_too_large', message: Pending): Rejection {
  const detail = deviceOf(message) === null ? 'it has no key' : `${message.size} bytes`
  return { message, failure: { kind: 'reject', code, detail } }
}

/** A character for each byte of its key; null where it has none. */
export function deviceOf({ bytes, keyStart, keyEnd }: Keyed): string | null {
  return keyEnd < keyStart ? null : bytes.toString('latin1', keyStart, keyEnd)
}
