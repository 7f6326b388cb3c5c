// The bytes of a body as they come, until they are taken. A sender may send single bytes, and each would cost a hundred
// times its size as a Buffer of its own: small ones are put together.

const slabBytes = 16_384
/** From here on a copy would cost more than it saves. */
const largeBytes = 4_096

export class Chunks {
  /** The first, as long as there is no other. */
  #only: Buffer | null = null
  #whole: Buffer[] | null = null
  #slab: Buffer | null = null
  #filled = 0
  /** Of all chunks. */
  bytes = 0

  add(chunk: Buffer): void {
    this.bytes += chunk.length
    // Most bodies are one small chunk, which is taken as it is.
    if (this.#only === null && this.#whole === null) this.#only = chunk
    else if (chunk.length < largeBytes) this.#copy(chunk)
    else this.#closeSlab().push(chunk)
  }

  /** All of them as one. */
  take(): Buffer {
    const taken = this.#only ?? Buffer.concat(this.#closeSlab(), this.bytes)
    this.clear()
    return taken
  }

  clear(): void {
    this.#only = null
    this.#whole = null
    this.#slab = null
    this.#filled = 0
    this.bytes = 0
  }

  #copy(chunk: Buffer): void {
    if (this.#slab === null || this.#filled + chunk.length > slabBytes) {
      this.#closeSlab()
      this.#slab = Buffer.allocUnsafeSlow(slabBytes)
    }
    this.#filled += chunk.copy(this.#slab, this.#filled)
  }

  /** The chunks so far, with what was put together. */
  #closeSlab(): Buffer[] {
    const whole = this.#whole ?? (this.#only === null ? [] : [this.#only])
    if (this.#slab !== null) whole.push(this.#slab.subarray(0, this.#filled))
    this.#whole = whole
    this.#only = null
    this.#slab = null
    this.#filled = 0
    return whole
  }
}
