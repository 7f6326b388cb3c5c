// Writes packets one directly after the other into one piece of memory, as they go over the wire. What stands in front of
// a value - mark, size, hidden bit, type and name - is the same in every message of a fleet, and so is kept and copied.

import {
  type Block,
  blockHeaderBytes,
  blockMark,
  dataTypes,
  type Packet,
  type Position,
  positionBytes
} from './packet.ts'

/** What is larger is not kept for what comes after. */
const maxKeptBytes = 1_048_576
/** Names whose head is kept; who makes names up has no end of them. */
const maxHeads = 2000
/** Up to here characters are written one by one, which is faster than a call of the native code. */
const shortText = 48

const valueBytes = { text: 0, position: positionBytes, integer: 4, double: 8, long: 8 } as const

/** The bytes of one packet, as PacketWriter writes them. */
export function encodePacket(packet: Packet): Buffer {
  const writer = new PacketWriter(512)
  writer.add(packet)
  return writer.take()
}

export class PacketWriter {
  readonly #startBytes: number
  #bytes: Buffer
  #at = 0
  #packets = 0
  /** By type and hidden bit, and then by name. */
  readonly #heads = Array.from({ length: 2 * (dataTypes.long + 1) }, () => new Map<string, Buffer>())

  constructor(startBytes = 65_536) {
    this.#startBytes = startBytes
    this.#bytes = Buffer.allocUnsafe(startBytes)
  }

  /** Packets since the last take(). */
  get packets(): number {
    return this.#packets
  }

  /** Texts must hold no zero byte and numbers must fit their types: a RangeError otherwise, and nothing is added. */
  add({ unit, timeSeconds, flags, blocks }: Packet): void {
    const start = this.#at
    this.#at += 4
    try {
      this.#text(unit)
      this.#room(8)
      this.#at = this.#bytes.writeInt32BE(timeSeconds, this.#at)
      this.#at = this.#bytes.writeUInt32BE(flags, this.#at)
      for (const block of blocks) this.#block(block)
      this.#bytes.writeUInt32LE(this.#at - start - 4, start)
      this.#packets++
    } catch (error) {
      this.#at = start
      throw error
    }
  }

  /** All that was added, which is the caller's from now on. */
  take(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#at))
    if (this.#bytes.length > maxKeptBytes) this.#bytes = Buffer.allocUnsafe(this.#startBytes)
    this.#at = 0
    this.#packets = 0
    return bytes
  }

  #block(block: Block): void {
    const isPosition = block.kind === 'position'
    const head = isPosition
      ? this.#head(block.kind, true, 'posinfo')
      : this.#head(block.kind, block.hidden, block.name)
    this.#room(head.length + positionBytes)
    const start = this.#at
    this.#bytes.set(head, start)
    this.#at += head.length
    switch (block.kind) {
      case 'position':
        this.#position(block.value)
        break
      case 'text':
        this.#text(block.value)
        this.#bytes.writeUInt32BE(this.#at - start - blockHeaderBytes, start + 2)
        break
      case 'integer':
        this.#at = this.#bytes.writeInt32BE(block.value, this.#at)
        break
      case 'double':
        this.#at = this.#bytes.writeDoubleLE(block.value, this.#at)
        break
      case 'long':
        this.#at = this.#bytes.writeBigInt64BE(block.value, this.#at)
    }
  }

  #position({ longitude, latitude, altitudeM, speedKmh, course, satellites }: Position): void {
    const bytes = this.#bytes
    let at = bytes.writeDoubleLE(longitude, this.#at)
    at = bytes.writeDoubleLE(latitude, at)
    at = bytes.writeDoubleLE(altitudeM, at)
    at = bytes.writeUInt16BE(speedKmh, at)
    at = bytes.writeUInt16BE(course, at)
    this.#at = bytes.writeUInt8(satellites, at)
  }

  /** With the size of the block, unless that depends on a text. */
  #head(kind: Block['kind'], hidden: boolean, name: string): Buffer {
    const type = dataTypes[kind]
    const heads = this.#heads[2 * type + (hidden ? 1 : 0)]
    const kept = heads?.get(name)
    if (kept !== undefined) return kept
    const text = Buffer.from(`${name}\0`)
    const head = Buffer.alloc(blockHeaderBytes + 2)
    head.writeUInt16BE(blockMark, 0)
    head.writeUInt32BE(2 + text.length + valueBytes[kind], 2)
    head[blockHeaderBytes] = hidden ? 1 : 0
    head[blockHeaderBytes + 1] = type
    const made = Buffer.concat([head, text])
    if (heads !== undefined && heads.size < maxHeads) heads.set(name, made)
    return made
  }

  /** UTF-8 and the zero byte at its end. */
  #text(text: string): void {
    this.#room(3 * text.length + 1)
    const bytes = this.#bytes
    let at = this.#at
    if (text.length <= shortText) {
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index)
        if (code > 0x7f) break
        bytes[at++] = code
      }
    }
    if (at - this.#at < text.length) at = this.#at + bytes.write(text, this.#at)
    bytes[at] = 0
    this.#at = at + 1
  }

  /** Makes room for so many bytes more. */
  #room(wanted: number): void {
    if (this.#at + wanted <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + wanted))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
