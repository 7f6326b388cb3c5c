// Cuts a stream of bytes into packets by the sizes that they begin with, however the stream arrives. A packet of which a
// part has come lies in one piece of memory of its announced size, so bytes that come one at a time cost no more than others.

const headBytes = 4
/** A unit id of nothing but its zero byte, time and flags. */
const leastBytes = 9

export interface Frames {
  /** Packets without their size; they may share memory with what was pushed. */
  readonly frames: readonly Buffer[]
  /** Why what follows cannot be a packet. Nothing may be pushed after that. */
  readonly problem: {
    readonly code: 'wialon_packet_malformed' | 'wialon_packet_too_large'
    readonly detail: string
  } | null
}

export class FrameReader {
  readonly #maxBytes: number
  readonly #head = Buffer.alloc(headBytes)
  #headFilled = 0
  #body: Buffer | null = null
  #bodyFilled = 0

  /** `maxBytes` is the most that a packet may announce. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A packet has begun and not ended. */
  get isInside(): boolean {
    return this.#headFilled > 0
  }

  /** What the packet that has begun takes in memory; 0 until its size is known. */
  get insideBytes(): number {
    return this.#body?.length ?? 0
  }

  push(chunk: Buffer): Frames {
    const frames: Buffer[] = []
    let at = 0
    while (at < chunk.length) {
      at = this.#body === null ? this.#readHead(chunk, at) : at
      if (this.#headFilled < headBytes) break
      const size = this.#head.readUInt32LE(0)
      const problem = this.#body === null ? this.#problemOf(size) : null
      if (problem !== null) return { frames, problem }
      const isWhole = this.#body === null && chunk.length - at >= size
      if (isWhole) {
        frames.push(chunk.subarray(at, at + size))
        this.#headFilled = 0
        at += size
      } else at = this.#fill(chunk, { at, size, frames })
    }
    return { frames, problem: null }
  }

  #readHead(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#head, this.#headFilled, at, at + headBytes - this.#headFilled)
    this.#headFilled += copied
    return at + copied
  }

  #problemOf(size: number): Frames['problem'] {
    if (size < leastBytes)
      return { code: 'wialon_packet_malformed', detail: `a packet of ${size} bytes, which are too few` }
    if (size > this.#maxBytes)
      return {
        code: 'wialon_packet_too_large',
        detail: `a packet of ${size} bytes, at most ${this.#maxBytes}`
      }
    return null
  }

  #fill(chunk: Buffer, { at, size, frames }: { at: number; size: number; frames: Buffer[] }): number {
    this.#body ??= Buffer.allocUnsafe(size)
    const copied = chunk.copy(this.#body, this.#bodyFilled, at)
    this.#bodyFilled += copied
    if (this.#bodyFilled === size) {
      frames.push(this.#body)
      this.#body = null
      this.#bodyFilled = 0
      this.#headFilled = 0
    }
    return at + copied
  }
}
