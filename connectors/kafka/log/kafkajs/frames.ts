// Cuts what a socket reads into Kafka responses. Each starts with the length of what follows as int32; a long one is
// read straight into a buffer of its size, so that its bytes are allocated once and never copied together.

/** Where short responses and the beginnings of long ones are read into. */
const scratchBytes = 4_096
const lengthBytes = 4
/** No response is longer: what claims to be is not from Kafka. */
const maxFrameBytes = 1 << 30

export class Frames {
  readonly #onFrame: (frame: Buffer) => void
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes)
  #scratchFilled = 0
  /** A response of which only the beginning was read. */
  #frame: Buffer | null = null
  #frameFilled = 0

  /** `onFrame` gets every response with its length, in a buffer of its own. */
  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Where the socket is to read into next. */
  space(): Buffer {
    return this.#frame?.subarray(this.#frameFilled) ?? this.#scratch.subarray(this.#scratchFilled)
  }

  /** The socket read `bytes` bytes into the space. Throws a RangeError on what cannot be a response. */
  filled(bytes: number): void {
    if (this.#frame === null) {
      this.#scratchFilled += bytes
      this.#cutScratch()
      return
    }
    this.#frameFilled += bytes
    if (this.#frameFilled < this.#frame.length) return
    const frame = this.#frame
    this.#frame = null
    this.#onFrame(frame)
  }

  #cutScratch(): void {
    let at = 0
    while (this.#frame === null && this.#scratchFilled - at >= lengthBytes) {
      const size = lengthBytes + this.#scratch.readInt32BE(at)
      if (size < lengthBytes || size > maxFrameBytes) throw new RangeError('this is no response of Kafka')
      const frame = Buffer.allocUnsafe(size)
      const copied = this.#scratch.copy(frame, 0, at, this.#scratchFilled)
      at += copied
      if (copied === size) this.#onFrame(frame)
      else {
        this.#frame = frame
        this.#frameFilled = copied
      }
    }
    this.#scratch.copyWithin(0, at, this.#scratchFilled)
    this.#scratchFilled -= at
  }
}
