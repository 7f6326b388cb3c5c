// Cuts what comes on a connection into lines, however it is cut into chunks. A line ends with CR LF, or with LF alone; a
// line may also come compressed, without an end of its own:
//
//   FF  length (uint16, little-endian)  zlib stream of exactly one line
//
// What is kept is bounded by the longest line that is allowed, as is what a compressed one grows to.

import { inflateSync } from 'node:zlib'

/** Why nothing that follows on the connection can be read. */
export type LineProblem =
  /** A line that goes on beyond what is allowed. */
  | 'too long'
  /** What is no zlib stream, or one of something else than one line. */
  | 'not inflated'

/** A line without its end. What it gives are views that are valid until push(). */
export interface Line {
  readonly length: number
  bytes(): Buffer
  /** Frees what a compressed line has grown to, until it is asked for again. */
  drop(): void
}

export class LineReader {
  /** The longest line, once it is inflated. */
  maxLineBytes: number
  #bytes: Buffer = nothing
  #start = 0
  #end = 0
  /** So far from #start there is no end of a line. */
  #searched = 0

  constructor(maxLineBytes: number) {
    this.maxLineBytes = maxLineBytes
  }

  /** Whether a line has begun. */
  get isInside(): boolean {
    return this.#start < this.#end
  }

  /** Memory that it takes for what belongs to no line yet, or to lines that were not asked for. */
  get heldBytes(): number {
    return this.#bytes.length
  }

  push(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length)
    chunk.copy(this.#bytes, this.#end)
    this.#end += chunk.length
  }

  /** The next line; null while it is not there as a whole. */
  next(): Line | LineProblem | null {
    if (this.isInside)
      return this.#bytes[this.#start] === compressed ? this.#nextCompressed() : this.#nextPlain()
    if (this.#bytes.length > idleBytes) this.#become(nothing)
    return null
  }

  #nextPlain(): Line | LineProblem | null {
    const end = this.#bytes.subarray(0, this.#end).indexOf(lf, this.#start + this.#searched)
    const length = (end === -1 ? this.#end : end) - this.#start
    if (length > this.maxLineBytes) return 'too long'
    if (end !== -1) return plainLine(withoutCr(this.#take(length + 1).subarray(0, -1)))
    this.#searched = length
    return null
  }

  #nextCompressed(): Line | LineProblem | null {
    const held = this.#end - this.#start
    const length = held < headerBytes ? 0 : this.#bytes.readUInt16LE(this.#start + 1)
    if (held < headerBytes + length) return null
    return inflatedLine(this.#take(headerBytes + length).subarray(headerBytes), this.maxLineBytes)
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + length)
    this.#start += length
    this.#searched = 0
    return taken
  }

  /** Grows by doubling, so that a line that comes byte by byte costs no more than one that comes at once. */
  #makeRoom(bytes: number): void {
    const needed = this.#end - this.#start + bytes
    const isRoomy = needed * 2 <= this.#bytes.length
    this.#become(isRoomy ? this.#bytes : Buffer.allocUnsafeSlow(Math.max(leastBytes, needed * 2)))
  }

  #become(target: Buffer): void {
    this.#bytes.copy(target, 0, this.#start, this.#end)
    this.#bytes = target
    this.#end -= this.#start
    this.#start = 0
  }
}

const compressed = 0xff
const headerBytes = 3
const lf = 0x0a
const cr = 0x0d
const leastBytes = 512
/** A connection of which nothing is waiting keeps no more than this. */
const idleBytes = 4_096
const nothing = Buffer.alloc(0)

function withoutCr(line: Buffer): Buffer {
  return line[line.length - 1] === cr ? line.subarray(0, -1) : line
}

function plainLine(bytes: Buffer): Line {
  return { length: bytes.length, bytes: () => bytes, drop: () => {} }
}

function inflatedLine(stream: Buffer, maxBytes: number): Line | LineProblem {
  let line = inflate(stream, maxBytes)
  if (line === null) return 'not inflated'
  const drop = () => {
    line = null
  }
  const bytes = () => {
    line ??= inflate(stream, maxBytes) ?? nothing
    return line
  }
  return { length: line.length, bytes, drop }
}

/** Null when it is not exactly one line. */
function inflate(bytes: Buffer, maxOutputLength: number): Buffer | null {
  try {
    const { buffer, engine } = inflateSync(bytes, { maxOutputLength, info: true }) as unknown as Inflated // the types do not know `info`
    const end = buffer.indexOf(lf)
    const isOneLine = engine.bytesWritten === bytes.length && (end === -1 || end === buffer.length - 1)
    return isOneLine ? withoutCr(end === -1 ? buffer : buffer.subarray(0, end)) : null
  } catch {
    return null
  }
}

interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}
