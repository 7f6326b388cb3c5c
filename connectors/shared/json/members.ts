// Walks the members of one JSON object by their byte ranges. For bytes that JSON.parse has accepted as an object;
// it exists because JSON.parse tells neither where a value stands nor that a name came twice.

import { Scanner, trimmedEnd } from './scanner.ts'

const closing = 0x7d

/** Call next() until it returns false; after each true the ranges describe the current member. */
export class MemberCursor {
  /** The name without its quotes. */
  nameStart = 0
  nameEnd = 0
  valueStart = 0
  valueEnd = 0
  #escaped = false
  readonly #scanner: Scanner

  /** The object is bytes[start, end), braces included. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#scanner = new Scanner(bytes, start, end)
  }

  /** How deep the values met so far are nested; 0 for a flat object. */
  get deepest(): number {
    return this.#scanner.deepest
  }

  next(): boolean {
    const scanner = this.#scanner
    scanner.at++ // the opening brace, or the comma after the last member
    scanner.skipSpace()
    if (scanner.at >= scanner.end || scanner.peek() === closing) return false
    this.nameStart = scanner.at + 1
    scanner.skipString()
    this.nameEnd = scanner.at - 1
    this.#escaped = scanner.escaped
    scanner.skipSpace()
    scanner.at++ // the colon
    scanner.skipSpace()
    this.valueStart = scanner.at
    scanner.skipValue()
    this.valueEnd = trimmedEnd(scanner.bytes, this.valueStart, scanner.at)
    return true
  }

  /** The name of the current member, without the escapes it may be written with. */
  get name(): string {
    const { bytes } = this.#scanner
    return this.#escaped
      ? JSON.parse(bytes.toString('utf8', this.nameStart - 1, this.nameEnd + 1))
      : bytes.toString('utf8', this.nameStart, this.nameEnd)
  }

  /** Whether the current member has this name, also when it is written with escapes. */
  isNamed(name: Buffer): boolean {
    const { bytes } = this.#scanner
    if (this.#escaped) return this.name === name.toString()
    const length = this.nameEnd - this.nameStart
    return length === name.length && bytes.compare(name, 0, length, this.nameStart, this.nameEnd) === 0
  }
}
