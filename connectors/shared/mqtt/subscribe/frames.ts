// Cuts what comes from a broker into packets by their fixed headers (MQTT 5, 2.1): one byte of type and flags, and the
// length of the rest in one to four bytes of seven bits each. A packet is told before its rest is in memory, so that who
// reads can wait for room first; of one that is too large only the beginning is kept, so that whatever a broker sends,
// memory is bounded, and there is something to show of it.

import { FaultError } from '../../../../schemas/errors.ts'

/** The beginning of a packet: its topic, at most half of it, its packet identifier, and what it is about. */
export const keptOfLarge = 131_072

/** A packet whose fixed header has come. */
export interface Announced {
  readonly kind: 'announced'
  /** The type of the packet (MQTT 5, 2.1.2). */
  readonly type: number
  /** What it will take in memory. */
  readonly bytes: number
}

/** A packet that is there. */
export interface Frame {
  readonly kind: 'frame'
  readonly type: number
  /** With its fixed header, or the beginning of it with a header that says so. */
  readonly bytes: Buffer
  /** Its bytes as it came, where only the beginning was kept. */
  readonly cutFrom: number | null
}

interface Open {
  readonly first: number
  readonly length: number
  readonly kept: number
  readonly parts: Buffer[]
  keptLeft: number
  skipLeft: number
}

export class Frames {
  readonly #maxBytes: number
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** What has come of the fixed header. */
  #header: number[] = []
  #open: Open | null = null

  /** Larger packets are cut. With less than `keptOfLarge` a topic may be cut as well, and nobody could acknowledge it. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What came next; only once next() has returned null. */
  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /** The next step; null when more must come. Throws `mqtt_answer_malformed` for a length that is none. */
  next(): Announced | Frame | null {
    if (this.#open === null) return this.#readHeader()
    this.#fill(this.#open)
    if (this.#open.keptLeft > 0 || this.#open.skipLeft > 0) return null
    const { first, kept, length, parts } = this.#open
    this.#open = null
    const bytes = Buffer.concat(parts)
    return { kind: 'frame', type: first >> 4, bytes, cutFrom: kept < length ? length : null }
  }

  #readHeader(): Announced | null {
    while (this.#at < this.#chunk.length) {
      const byte = this.#chunk[this.#at++] ?? 0
      this.#header.push(byte)
      if (this.#header.length === 1 || (byte >= 0x80 && this.#header.length < 5)) continue
      if (byte >= 0x80) throw new FaultError('mqtt_answer_malformed', { detail: 'the length of a packet' })
      return this.#begin()
    }
    return null
  }

  #begin(): Announced {
    const [first = 0, ...digits] = this.#header
    this.#header = []
    const length = digits.reduceRight((sum, digit) => sum * 128 + (digit & 0x7f), 0)
    const kept = length > this.#maxBytes ? Math.min(length, keptOfLarge, this.#maxBytes) : length
    const parts = [fixedHeader(first, kept)]
    this.#open = { first, length, kept, parts, keptLeft: kept, skipLeft: length - kept }
    return { kind: 'announced', type: first >> 4, bytes: kept }
  }

  #fill(open: Open): void {
    const part = this.#chunk.subarray(this.#at, this.#at + open.keptLeft)
    if (part.length > 0) open.parts.push(part)
    open.keptLeft -= part.length
    this.#at += part.length
    const skipped = Math.min(open.skipLeft, this.#chunk.length - this.#at)
    open.skipLeft -= skipped
    this.#at += skipped
  }
}

function fixedHeader(first: number, length: number): Buffer {
  const bytes = [first]
  let left = length
  do {
    bytes.push((left % 128) + (left >= 128 ? 0x80 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return Buffer.from(bytes)
}
