// The values that methods and properties of AMQP 0-9-1 are made of (specification 4.2.5), written to and read from bytes.
// Tables are read in so far as brokers and publishers write them: texts, numbers, booleans and tables; what else there may
// be is an error.

/** In bytes, of a short string: its length is written in one. */
export const maxShortBytes = 255

export type TableValue = string | number | boolean | Table
export interface Table {
  readonly [name: string]: TableValue
}

/** Writes values one after the other. Neighbouring bits share an octet. */
export class Writer {
  readonly #parts: Buffer[] = []
  #bits = 0
  #bitCount = 0

  octet(value: number): this {
    return this.#add(Buffer.from([value]))
  }

  short(value: number): this {
    const bytes = Buffer.allocUnsafe(2)
    bytes.writeUInt16BE(value)
    return this.#add(bytes)
  }

  long(value: number): this {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32BE(value)
    return this.#add(bytes)
  }

  longlong(value: number): this {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigUInt64BE(BigInt(value))
    return this.#add(bytes)
  }

  bit(value: boolean): this {
    if (value) this.#bits |= 1 << this.#bitCount
    this.#bitCount++
    return this
  }

  /** Throws a RangeError for a text of more than 255 bytes. */
  shortstr(value: string): this {
    const bytes = Buffer.from(value)
    if (bytes.length > maxShortBytes) throw new RangeError(`a short string of ${bytes.length} bytes`)
    return this.octet(bytes.length).#add(bytes)
  }

  longstr(value: string | Buffer): this {
    const bytes = Buffer.from(value)
    return this.long(bytes.length).#add(bytes)
  }

  bytes(): Buffer {
    this.#flushBits()
    return Buffer.concat(this.#parts)
  }

  /** A member of a table. */
  member(name: string, value: TableValue): this {
    return this.shortstr(name).#value(value)
  }

  #value(value: TableValue): this {
    if (typeof value === 'string') return this.octet(typeOf('S')).longstr(value)
    if (typeof value === 'boolean') return this.octet(typeOf('t')).octet(value ? 1 : 0)
    if (typeof value === 'number') return this.octet(typeOf('I')).long(value >>> 0)
    return this.octet(typeOf('F')).longstr(encodeTable(value))
  }

  #add(bytes: Buffer): this {
    this.#flushBits()
    this.#parts.push(bytes)
    return this
  }

  #flushBits(): void {
    if (this.#bitCount === 0) return
    this.#parts.push(Buffer.from([this.#bits]))
    this.#bits = 0
    this.#bitCount = 0
  }
}

/** Reads values one after the other. Every method throws a RangeError where the bytes end too early. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0
  /** Bits of the octet that was read last, and how many of them were taken. */
  #bits = 0
  #bitsTaken = 8

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  octet(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  short(): number {
    return this.#bytes.readUInt16BE(this.#skip(2))
  }

  long(): number {
    return this.#bytes.readUInt32BE(this.#skip(4))
  }

  /** Inexact beyond 2^53, which no count of messages or bytes comes to. */
  longlong(): number {
    return Number(this.#bytes.readBigUInt64BE(this.#skip(8)))
  }

  bit(): boolean {
    if (this.#bitsTaken === 8) {
      this.#bits = this.octet()
      this.#bitsTaken = 0
    }
    return (this.#bits & (1 << this.#bitsTaken++)) !== 0
  }

  shortstr(): string {
    return this.#slice(this.octet()).toString()
  }

  longstr(): Buffer {
    return this.#slice(this.long())
  }

  /** A value in a table. Throws an Error for one of a type that nobody needs here. */
  value(): TableValue {
    const type = String.fromCharCode(this.octet())
    if (type === 'S') return this.longstr().toString()
    if (type === 't') return this.octet() !== 0
    if (type === 'I') return this.long() | 0
    if (type === 'F') return decodeTable(this.longstr())
    throw new Error(`a value of type ${JSON.stringify(type)} in a table`)
  }

  #slice(length: number): Buffer {
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Moves on and gives the place before. */
  #skip(length: number): number {
    const start = this.#at
    if (start + length > this.#bytes.length) throw new RangeError('the bytes end too early')
    this.#at = start + length
    this.#bitsTaken = 8
    return start
  }
}

/** What stands after the length of a table. */
export function encodeTable(table: Table): Buffer {
  const writer = new Writer()
  for (const [name, value] of Object.entries(table)) writer.member(name, value)
  return writer.bytes()
}

/** Throws an Error for what is no table, or holds a value of a type that nobody needs here. */
export function decodeTable(bytes: Buffer): Table {
  const reader = new Reader(bytes)
  const members: [string, TableValue][] = []
  while (!reader.isAtEnd) members.push([reader.shortstr(), reader.value()])
  return Object.fromEntries(members)
}

function typeOf(letter: string): number {
  return letter.charCodeAt(0)
}
