// Finds where JSON values begin and end without decoding them, so that bytes can be passed on as they came. It
// relies on UTF-8, in which no byte of a longer character looks like a bracket, a quote or a comma. It checks no
// grammar: that is JSON.parse's work, on the ranges found here.

const space = 0x20
const quote = 0x22
const comma = 0x2c
const backslash = 0x5c

export class Scanner {
  readonly bytes: Buffer
  readonly end: number
  at: number
  /** The deepest nesting met by skipValue() so far; 0 for values without brackets. */
  deepest = 0
  /** Whether the string that skipString() passed last holds an escape. */
  escaped = false

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /** The byte under the cursor, or -1 at the end. */
  peek(): number {
    return this.at < this.end ? (this.bytes[this.at] ?? -1) : -1
  }

  /** Moves past space, tab, line feed and carriage return. */
  skipSpace(): void {
    while (this.at < this.end && isSpace(this.bytes[this.at])) this.at++
  }

  /** From an opening quote to the one after its closing quote; false when the string does not end. */
  skipString(): boolean {
    const { bytes, end } = this
    let at = this.at + 1
    this.escaped = false
    while (at < end) {
      const byte = bytes[at]
      if (byte === quote) {
        this.at = at + 1
        return true
      }
      if (byte === backslash) {
        this.escaped = true
        at++
      }
      at++
    }
    this.at = end
    return false
  }

  /** Moves to the comma or closing bracket that ends the value under the cursor; false when the bytes end first. */
  skipValue(): boolean {
    let depth = 0
    while (this.at < this.end) {
      const byte = this.bytes[this.at]
      if (byte === quote) {
        if (!this.skipString()) return false
        continue
      }
      if (isOpening(byte)) {
        depth++
        if (depth > this.deepest) this.deepest = depth
      } else if (isClosing(byte)) {
        if (depth === 0) return true
        depth--
      } else if (byte === comma && depth === 0) {
        return true
      }
      this.at++
    }
    return false
  }
}

/** `end` moved back over white space, not before `start`. */
export function trimmedEnd(bytes: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && isSpace(bytes[at - 1])) at--
  return at
}

/** JSON's four kinds of white space. */
function isSpace(byte: number | undefined): boolean {
  return byte === space || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** `[` or `{`. */
function isOpening(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x7b
}

/** `]` or `}`. */
function isClosing(byte: number | undefined): boolean {
  return byte === 0x5d || byte === 0x7d
}
