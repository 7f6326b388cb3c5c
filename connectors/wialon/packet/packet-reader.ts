// Reads Wialon Retranslator packets from a stream of bytes, however it is cut, and strictly: whatever the document
// does not allow is an error, so that a test against the double also judges the encoder.

import { isUtf8 } from 'node:buffer'
import { maxNameBytes } from '../../shared/wialon/rules.ts'
import {
  type Block,
  blockHeaderBytes,
  blockMark,
  dataTypes,
  flags,
  type Packet,
  type Position,
  positionBytes,
  reservedNames
} from './packet.ts'

const sizeBytes = 4
/** A size above it is taken for the beginning of something else than a packet. */
const maxPacketBytes = 16_777_216
const knownFlags = Object.values(flags).reduce((sum, flag) => sum | flag, 0)

/** The flags that say whether a block of this name is there. */
const flagOfName: Readonly<Record<string, number>> = {
  posinfo: flags.position,
  avl_inputs: flags.inputs,
  avl_outputs: flags.outputs,
  avl_driver: flags.driver
}

export class PacketReader {
  #rest: Buffer = Buffer.alloc(0)

  /** The packets that are complete with these bytes. Throws an Error that says what is wrong with one. */
  push(chunk: Buffer): Packet[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const packets: Packet[] = []
    while (bytes.length >= sizeBytes) {
      const size = bytes.readUInt32LE(0)
      if (size > maxPacketBytes) throw new Error(`a packet of ${size} bytes`)
      if (bytes.length < sizeBytes + size) break
      packets.push(readPacket(new Cursor(bytes.subarray(sizeBytes, sizeBytes + size))))
      bytes = bytes.subarray(sizeBytes + size)
    }
    this.#rest = bytes
    return packets
  }
}

/** Moves over the bytes of one packet or block. Buffer's own methods throw at its end. */
class Cursor {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  /** Passes over `length` bytes and returns where they began. */
  pass(length: number): number {
    const start = this.at
    this.at += length
    return start
  }

  take(length: number): Cursor {
    if (length > this.left) throw new Error(`${length} bytes announced, ${this.left} left`)
    const start = this.pass(length)
    return new Cursor(this.bytes.subarray(start, this.at))
  }

  text(): string {
    const end = this.bytes.indexOf(0, this.at)
    if (end === -1) throw new Error('a text without its zero byte')
    const text = this.bytes.subarray(this.at, end)
    if (!isUtf8(text)) throw new Error('a text that is not UTF-8')
    this.at = end + 1
    return text.toString()
  }
}

function readPacket(cursor: Cursor): Packet {
  const unit = cursor.text()
  if (unit === '') throw new Error('an empty unit id')
  const timeSeconds = cursor.bytes.readInt32BE(cursor.pass(4))
  const set = cursor.bytes.readUInt32BE(cursor.pass(4))
  if ((set & ~knownFlags) !== 0) throw new Error(`reserved flags: ${set}`)
  const blocks: Block[] = []
  const names = new Set<string>()
  while (cursor.left > 0) {
    const block = readBlock(cursor)
    const name = block.kind === 'position' ? 'posinfo' : block.name
    if (names.has(name)) throw new Error(`two blocks named ${name}`)
    names.add(name)
    blocks.push(block)
  }
  for (const [name, flag] of Object.entries(flagOfName)) {
    if (((set & flag) !== 0) !== names.has(name)) throw new Error(`flags ${set} disagree about ${name}`)
  }
  return { unit, timeSeconds, flags: set, blocks }
}

function readBlock(packet: Cursor): Block {
  const header = packet.take(blockHeaderBytes)
  const mark = header.bytes.readUInt16BE(0)
  if (mark !== blockMark) throw new Error(`block type ${mark}`)
  const cursor = packet.take(header.bytes.readUInt32BE(2))
  const hidden = cursor.bytes.readUInt8(cursor.pass(1))
  const type = cursor.bytes.readUInt8(cursor.pass(1))
  const name = cursor.text()
  const length = Buffer.byteLength(name)
  if (length === 0 || length > maxNameBytes) throw new Error(`a block name of ${length} bytes`)
  if (hidden > 1 || (reservedNames.has(name) && hidden !== 1)) throw new Error(`${name} has hidden ${hidden}`)
  if ((name === 'posinfo') !== (type === dataTypes.position)) throw new Error(`${name} has type ${type}`)
  const block = readValue(cursor, { type, name, hidden: hidden === 1 })
  if (cursor.left !== 0) throw new Error(`${cursor.left} bytes too many in ${name}`)
  return block
}

function readValue(
  cursor: Cursor,
  { type, name, hidden }: { type: number; name: string; hidden: boolean }
): Block {
  const { bytes } = cursor
  switch (type) {
    case dataTypes.text:
      return { kind: 'text', name, hidden, value: cursor.text() }
    case dataTypes.position:
      return { kind: 'position', value: readPosition(cursor.take(positionBytes).bytes) }
    case dataTypes.integer:
      return { kind: 'integer', name, hidden, value: bytes.readInt32BE(cursor.pass(4)) }
    case dataTypes.double:
      return { kind: 'double', name, hidden, value: bytes.readDoubleLE(cursor.pass(8)) }
    case dataTypes.long:
      return { kind: 'long', name, hidden, value: bytes.readBigInt64BE(cursor.pass(8)) }
    default:
      throw new Error(`${name} has type ${type}`)
  }
}

function readPosition(bytes: Buffer): Position {
  const course = bytes.readUInt16BE(26)
  if (course > 359) throw new Error(`a course of ${course} degrees`)
  return {
    longitude: bytes.readDoubleLE(0),
    latitude: bytes.readDoubleLE(8),
    altitudeM: bytes.readDoubleLE(16),
    speedKmh: bytes.readUInt16BE(24),
    course,
    satellites: bytes.readUInt8(28)
  }
}
