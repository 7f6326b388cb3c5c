// Cuts what a socket reads into Kafka responses. Each starts with the length of what follows as int32; a long one is
// read straight into a buffer of its size, so that its bytes are allocated once and never copied together, and not before
// there is room for it among those of all connections.

import type { Allowance, Claim } from './allowance.ts'

/** Where short responses and the beginnings of long ones are read into. */
const scratchBytes = 4_096
const lengthBytes = 4
/** No response is longer: what claims to be is not from Kafka. */
const maxFrameBytes = 1 << 30

export interface Room {
  readonly arriving: Allowance
  /** Called when the wait is over. */
  granted(): void
}

export class Frames {
  readonly #onFrame: (frame: Buffer) => void
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes)
  #scratchFilled = 0
  /** A response of which only the beginning was read. */
  #frame: Buffer | null = null
  #frameFilled = 0
  readonly #room: Room | undefined
  #claim: Claim | null = null

  /** `onFrame` gets every response with its length, in bytes of its own. Without `room` there is always room. */
  constructor(onFrame: (frame: Buffer) => void, room?: Room) {
    this.#onFrame = onFrame
    this.#room = room
  }

  /** There is no room yet for the response that has begun: the socket must not be read. */
  get isWaiting(): boolean {
    return this.#claim !== null && !this.#claim.isGranted
  }

  /** Nothing will be read any more. */
  close(): void {
    this.#claim?.release()
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
    const claim = this.#claim
    this.#frame = null
    this.#claim = null
    if (claim !== null) setImmediate(() => claim.release())
    this.#onFrame(frame)
  }

  #cutScratch(): void {
    let at = 0
    while (this.#frame === null && this.#scratchFilled - at >= lengthBytes) {
      const size = lengthBytes + this.#scratch.readInt32BE(at)
      if (size < lengthBytes || size > maxFrameBytes) throw new RangeError('this is no response of Kafka')
      const frame = this.#room?.arriving.frames.take(size) ?? Buffer.allocUnsafe(size)
      const copied = this.#scratch.copy(frame, 0, at, this.#scratchFilled)
      at += copied
      if (copied === size) this.#onFrame(frame)
      else {
        this.#frame = frame
        this.#frameFilled = copied
        this.#claim = this.#room?.arriving.claim(size, this.#room.granted) ?? null
      }
    }
    this.#scratch.copyWithin(0, at, this.#scratchFilled)
    this.#scratchFilled -= at
  }
}
