// Writes the plain fields of a Kafka response one after the other. (fetch/reader.ts of the log reads them.)

export class Writer {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    this.#parts.push(Buffer.of(value))
    return this
  }

  int16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    this.#parts.push(bytes)
    return this
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    this.#parts.push(bytes)
    return this
  }

  int64(value: number): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    this.#parts.push(bytes)
    return this
  }

  string(text: string | null): this {
    if (text === null) return this.int16(-1)
    const bytes = Buffer.from(text)
    this.int16(bytes.length).#parts.push(bytes)
    return this
  }

  bytes(value: Buffer): this {
    this.int32(value.length).#parts.push(value)
    return this
  }

  array<T>(values: readonly T[], write: (value: T, writer: this) => void): this {
    this.int32(values.length)
    for (const value of values) write(value, this)
    return this
  }

  take(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
