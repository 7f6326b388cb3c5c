// Cursors over the entries of a body: an array, lines, or one value. They give byte ranges, so that each entry can
// be stored as it came; whether an entry is JSON at all is for its reader to check. If every entry is, so is the
// whole: the cursors refuse what stands between and around them.

import { Scanner, trimmedEnd } from './scanner.ts'

/** Call next() until it returns false; after each true, the entry is bytes[start, end). */
export interface EntryCursor {
  readonly start: number
  readonly end: number
  next(): boolean
  /** After next() returned false: what is wrong with the frame around the entries, or null. */
  readonly problem: string | null
}

const comma = 0x2c
const lineFeed = 0x0a
const opening = 0x5b
const closing = 0x5d

/** The entries of a JSON text: the elements of its array, or the text itself when it is no array. */
export function jsonEntries(bytes: Buffer): EntryCursor {
  const scanner = new Scanner(bytes)
  scanner.skipSpace()
  return scanner.peek() === opening ? new ArrayEntries(scanner) : new SingleEntry(bytes, scanner.at)
}

class SingleEntry implements EntryCursor {
  readonly start: number
  readonly end: number
  readonly problem: string | null
  #done: boolean

  constructor(bytes: Buffer, start: number) {
    this.start = start
    this.end = trimmedEnd(bytes, start, bytes.length)
    this.problem = this.start === this.end ? 'it is empty' : null
    this.#done = this.problem !== null
  }

  next(): boolean {
    if (this.#done) return false
    this.#done = true
    return true
  }
}

class ArrayEntries implements EntryCursor {
  start = 0
  end = 0
  problem: string | null = null
  readonly #scanner: Scanner
  #more: boolean

  /** The scanner stands on the opening bracket. */
  constructor(scanner: Scanner) {
    this.#scanner = scanner
    scanner.at++
    scanner.skipSpace()
    this.#more = scanner.peek() !== closing
    if (!this.#more) this.#finish()
  }

  next(): boolean {
    if (!this.#more) return false
    const scanner = this.#scanner
    scanner.skipSpace()
    this.start = scanner.at
    if (!scanner.skipValue()) {
      this.#more = false
      this.problem = 'the array does not end'
      return false
    }
    this.end = trimmedEnd(scanner.bytes, this.start, scanner.at)
    this.#more = scanner.peek() === comma
    if (this.#more) scanner.at++
    else this.#finish()
    return true
  }

  #finish(): void {
    const scanner = this.#scanner
    if (scanner.peek() !== closing) {
      this.problem = 'the array is closed by another bracket'
      return
    }
    scanner.at++
    scanner.skipSpace()
    if (scanner.at < scanner.end) this.problem = 'something follows the array'
  }
}

/** The lines that are not blank, for newline-delimited JSON. JSON strings hold no raw line feed. */
export class LineEntries implements EntryCursor {
  start = 0
  end = 0
  readonly problem = null
  readonly #scanner: Scanner

  constructor(bytes: Buffer) {
    this.#scanner = new Scanner(bytes)
  }

  next(): boolean {
    const scanner = this.#scanner
    scanner.skipSpace()
    if (scanner.at === scanner.end) return false
    this.start = scanner.at
    const feed = scanner.bytes.indexOf(lineFeed, scanner.at)
    scanner.at = feed === -1 ? scanner.end : feed
    this.end = trimmedEnd(scanner.bytes, this.start, scanner.at)
    return true
  }
}
