// Turns a body, or a piece of one, into the messages to append: all of them or none.

import { setImmediate } from 'node:timers/promises'
import { FaultError } from '../../../../schemas/errors.ts'
import type { Incoming } from '../../../connector.ts'
import { type EntryCursor, jsonEntries, LineEntries } from '../../../shared/json/entries.ts'
import type { Refusal } from '../../../shared/json/incoming.ts'

export interface MessageLimits {
  readonly maxMessages: number
  readonly maxMessageBytes: number
}

export interface BadEntry {
  /** Counts the entries of the body from 0. */
  readonly index: number
  readonly reason: string
}

/** More would help nobody and make a large answer of a large mistake. */
const maxListed = 100

/** Other requests get their turn after this many bytes or entries, which take a millisecond or two. */
const bytesPerTurn = 131_072
const entriesPerTurn = 500

/** `message_invalid` with the entries that are to blame, the first 100 of them. */
export class BadEntries extends FaultError {
  readonly listed: readonly BadEntry[]
  readonly count: number

  constructor(listed: readonly BadEntry[], count: number) {
    super('message_invalid', { detail: `${count} of the entries cannot be taken` })
    this.listed = listed
    this.count = count
  }
}

/** `json`: one object or an array of them; `lines`: newline-delimited. */
export type EntriesKind = 'json' | 'lines'

/** One entry as a message, or why it is none. The bytes are the sender's. Never throws. */
export type ReadEntry = (entry: Buffer, receivedAtMs: number) => Incoming | Refusal

export interface ReadOptions {
  readonly limits: MessageLimits
  readonly receivedAtMs: number
  readonly readEntry: ReadEntry
  /** The number of the body's entries that stand before these. */
  readonly firstIndex?: number
}

/** Rejects with `body_malformed`, `body_too_large` or BadEntries. */
export async function readMessages(
  body: Buffer,
  kind: EntriesKind,
  options: ReadOptions
): Promise<Incoming[]> {
  const entries = kind === 'lines' ? new LineEntries(body) : jsonEntries(body)
  const reader = new EntryReader(entries, body, options)
  while (reader.readTurn()) await setImmediate()
  return reader.result()
}

class EntryReader {
  readonly #entries: EntryCursor
  readonly #body: Buffer
  readonly #options: ReadOptions
  readonly #messages: Incoming[] = []
  readonly #bad: BadEntry[] = []
  #index: number
  #badCount = 0

  constructor(entries: EntryCursor, body: Buffer, options: ReadOptions) {
    this.#entries = entries
    this.#body = body
    this.#options = options
    this.#index = options.firstIndex ?? 0
  }

  /** Reads as much as one turn allows; false when all entries have been read. */
  readTurn(): boolean {
    const [turnEnd, lastIndex] = [this.#entries.end + bytesPerTurn, this.#index + entriesPerTurn]
    while (this.#entries.next()) {
      this.#readEntry()
      if (this.#entries.end > turnEnd || this.#index >= lastIndex) return true
    }
    return false
  }

  #readEntry(): void {
    const { start, end } = this.#entries
    const { limits, readEntry, receivedAtMs } = this.#options
    const { maxMessages, maxMessageBytes } = limits
    const index = this.#index++
    if (index === maxMessages) throw tooLarge(`it has more than ${maxMessages} entries (maxMessages)`)
    if (end - start > maxMessageBytes) throw entryTooLarge(index, maxMessageBytes)
    const read = readEntry(this.#body.subarray(start, end), receivedAtMs)
    if ('reason' in read) this.#addBad({ index, reason: read.reason })
    else this.#messages.push(read)
  }

  result(): Incoming[] {
    const { problem } = this.#entries
    if (this.#badCount > 0) throw new BadEntries(this.#bad, this.#badCount)
    if (problem !== null) throw new FaultError('body_malformed', { detail: problem })
    return this.#messages
  }

  #addBad(entry: BadEntry): void {
    this.#badCount++
    if (this.#bad.length < maxListed) this.#bad.push(entry)
  }
}

export function entryTooLarge(index: number, maxMessageBytes: number): FaultError {
  return tooLarge(`entry ${index} exceeds ${maxMessageBytes} bytes (maxMessageBytes)`)
}

function tooLarge(detail: string): FaultError {
  return new FaultError('body_too_large', { detail })
}
