// The memory of long Fetch responses, used again once all that matters was copied out of it. Memory from outside of its
// heap makes the runtime collect garbage by its amount, however short it lives; with each response in memory of its own,
// that is a good part of a consumer's work. Whoever drops a response without giving it back does no harm.

/** Shorter ones are not worth it. */
const leastBytes = 64 * 1024
/** Sizes are rounded up to it, so that the next response, which has about the same size, fits. */
const stepBytes = 256 * 1024

export class FramePool {
  readonly #maxBytes: number
  readonly #lent = new WeakSet<ArrayBufferLike>()
  readonly #free: Buffer[] = []
  #freeBytes = 0

  /** `maxBytes` are kept at most for further use. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** `size` bytes whose contents are undefined. */
  take(size: number): Buffer {
    if (size < leastBytes) return Buffer.allocUnsafe(size)
    const bytes = this.#fitting(size) ?? Buffer.allocUnsafeSlow(Math.ceil(size / stepBytes) * stepBytes)
    this.#lent.add(bytes.buffer)
    return bytes.subarray(0, size)
  }

  /** Takes back the memory of which `part` is a part. From now on nobody may look at any of it. */
  give({ buffer }: Buffer): void {
    if (!this.#lent.delete(buffer) || this.#freeBytes + buffer.byteLength > this.#maxBytes) return
    this.#free.push(Buffer.from(buffer))
    this.#freeBytes += buffer.byteLength
  }

  /** Not much larger than needed: the rest would be taken from those who need it. */
  #fitting(size: number): Buffer | null {
    const at = this.#free.findIndex(({ length }) => length >= size && length <= 2 * size + stepBytes)
    const [bytes = null] = at < 0 ? [] : this.#free.splice(at, 1)
    if (bytes !== null) this.#freeBytes -= bytes.length
    return bytes
  }
}
