// Reads the plain fields of a Kafka response one after the other. Every read is checked against the end of the bytes
// by Buffer itself, which throws a RangeError.

export class Reader {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  int16(): number {
    const value = this.bytes.readInt16BE(this.at)
    this.at += 2
    return value
  }

  int32(): number {
    const value = this.bytes.readInt32BE(this.at)
    this.at += 4
    return value
  }

  int64(): number {
    const value = int64At(this.bytes, this.at)
    this.at += 8
    return value
  }

  bigint64(): bigint {
    const value = this.bytes.readBigInt64BE(this.at)
    this.at += 8
    return value
  }

  string(): string {
    return this.take(this.int16()).toString('utf8')
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Buffer {
    const end = this.at + length
    if (length < 0 || end > this.bytes.length) throw new RangeError('a field reaches beyond the response')
    const taken = this.bytes.subarray(this.at, end)
    this.at = end
    return taken
  }
}

/** An int64 that must be exact as a number, such as an offset; throws a RangeError beyond 2^53. */
export function int64At(bytes: Buffer, at: number): number {
  const value = looseInt64At(bytes, at)
  if (!Number.isSafeInteger(value)) throw new RangeError('a 64-bit number is beyond 2^53')
  return value
}

/** An int64 that may lose its last digits beyond 2^53, such as a time that somebody made up. */
export function looseInt64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}
