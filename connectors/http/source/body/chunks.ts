// The bytes of a body as they come, until they are taken. A sender may send single bytes, and each would cost a hundred
// times its size as a Buffer of its own: small ones are put together.

const slabBytes = 16_384
/** From here on a copy would cost more than it saves. */
const largeBytes = 4_096

export class Chunks {
  #whole: Buffer[] = []
  #slab: Buffer | null = null
  #filled = 0
  /** Of all chunks. */
  bytes = 0

  add(chunk: Buffer): void {
    this.bytes += chunk.length
    // Most bodies are one small chunk, which is taken as it is.
    if (chunk.length >= largeBytes || this.#whole.length + this.#filled === 0) {
      this.#closeSlab()
      this.#whole.push(chunk)
    } else this.#copy(chunk)
  }

  /** All of them as one. */
  take(): Buffer {
    this.#closeSlab()
    const [first] = this.#whole
    const taken =
      first !== undefined && this.#whole.length === 1 ? first : Buffer.concat(this.#whole, this.bytes)
    this.clear()
    return taken
  }

  clear(): void {
    this.#whole = []
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

  #closeSlab(): void {
    if (this.#slab !== null) this.#whole.push(this.#slab.subarray(0, this.#filled))
    this.#slab = null
    this.#filled = 0
  }
}
