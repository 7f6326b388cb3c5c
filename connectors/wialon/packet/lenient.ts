// Reads packets as senders write them, who deviate from the document: a text without its zero byte or in another alphabet
// than UTF-8, integers as doubles and the other way round, hidden bits and flags that do not match the blocks. What only
// shows that the bytes are none of a packet is told apart from a packet that says nothing we could keep.

import { isUtf8 } from 'node:buffer'
import { type Block, blockHeaderBytes, blockMark, dataTypes, type Packet, positionBytes } from './packet.ts'

export type Reading =
  | {
      readonly kind: 'packet'
      readonly packet: Packet
      /** Names of blocks of a type that no message can carry: images and the like. */
      readonly leftOut: readonly string[]
    }
  /** Its blocks follow each other to its end, but what stands in them cannot be read. */
  | { readonly kind: 'broken'; readonly reason: string; readonly unit: string }
  /** No packet: the reader has come out of step with the sender. */
  | { readonly kind: 'none'; readonly reason: string }

/** Throwing it ends the reading of one packet; it never leaves this file. */
class Broken extends Error {}

const zero = 0

/** Reads a packet without its size. Never throws. */
export function readLeniently(frame: Buffer): Reading {
  const unitEnd = frame.indexOf(zero)
  const headEnd = unitEnd + 1 + 8
  if (unitEnd === -1 || headEnd > frame.length)
    return { kind: 'none', reason: 'no unit id, time and flags in it' }
  const raw = rawBlocks(frame, headEnd)
  if (raw === null) return { kind: 'none', reason: 'its blocks do not follow each other to its end' }
  const unit = textOf(frame.subarray(0, unitEnd))
  const blocks: Block[] = []
  const leftOut: string[] = []
  try {
    for (const bytes of raw) {
      const read = readBlock(bytes)
      if (typeof read === 'string') leftOut.push(read)
      else blocks.push(read)
    }
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    return { kind: 'broken', reason: error.message, unit }
  }
  const timeSeconds = frame.readInt32BE(unitEnd + 1)
  const flags = frame.readUInt32BE(unitEnd + 5)
  return { kind: 'packet', packet: { unit, timeSeconds, flags, blocks }, leftOut }
}

/** Each block without its header; null unless they fill the packet to its last byte. */
function rawBlocks(frame: Buffer, start: number): Buffer[] | null {
  const blocks: Buffer[] = []
  for (let at = start; at < frame.length; ) {
    const bodyStart = at + blockHeaderBytes
    if (bodyStart > frame.length || frame.readUInt16BE(at) !== blockMark) return null
    const end = bodyStart + frame.readUInt32BE(at + 2)
    if (end > frame.length) return null
    blocks.push(frame.subarray(bodyStart, end))
    at = end
  }
  return blocks
}

/** Only the name of a block that no message can carry. */
function readBlock(bytes: Buffer): Block | string {
  const nameEnd = bytes.indexOf(zero, 2)
  if (nameEnd <= 2) throw new Broken('a block without a name')
  const hidden = bytes[0] !== 0
  const name = textOf(bytes.subarray(2, nameEnd))
  const value = bytes.subarray(nameEnd + 1)
  if (name === 'posinfo') return positionBlock(value)
  const block = valueBlock({ type: bytes[1] ?? 0, name, hidden, value })
  if (block === null) return name
  return name.startsWith('avl_') ? asFixed(block) : block
}

function positionBlock(value: Buffer): Block {
  if (value.length < positionBytes) throw new Broken(`a position of ${value.length} bytes`)
  return {
    kind: 'position',
    value: {
      longitude: value.readDoubleLE(0),
      latitude: value.readDoubleLE(8),
      altitudeM: value.readDoubleLE(16),
      speedKmh: value.readUInt16BE(24),
      course: value.readUInt16BE(26),
      satellites: value.readUInt8(28)
    }
  }
}

interface RawValue {
  readonly type: number
  readonly name: string
  readonly hidden: boolean
  readonly value: Buffer
}

type NamedBlock = Exclude<Block, { kind: 'position' }>

function valueBlock({ type, name, hidden, value }: RawValue): NamedBlock | null {
  const end = value.indexOf(zero)
  switch (type) {
    case dataTypes.text:
      return { kind: 'text', name, hidden, value: textOf(end === -1 ? value : value.subarray(0, end)) }
    case dataTypes.integer:
    case dataTypes.long:
      return integerBlock({ type, name, hidden, value })
    case dataTypes.double:
      return { kind: 'double', name, hidden, value: doubleOf(name, value) }
    default:
      return null
  }
}

/** By its length, since some senders write 64 bits as the type for 32. */
function integerBlock({ name, hidden, value }: RawValue): NamedBlock {
  if (value.length === 8) return { kind: 'long', name, hidden, value: value.readBigInt64BE(0) }
  if (![1, 2, 4].includes(value.length)) throw new Broken(`an integer of ${value.length} bytes in ${name}`)
  return { kind: 'integer', name, hidden, value: value.readIntBE(0, value.length) }
}

function doubleOf(name: string, value: Buffer): number {
  if (value.length === 8) return value.readDoubleLE(0)
  if (value.length !== 4) throw new Broken(`a double of ${value.length} bytes in ${name}`)
  return value.readFloatLE(0)
}

/** Inputs and outputs are bits, and a driver is a text, whichever type they were written with. */
function asFixed(block: NamedBlock): NamedBlock {
  const { name, hidden, kind, value } = block
  if (name === 'avl_driver')
    return kind === 'text' ? block : { kind: 'text', name, hidden, value: String(value) }
  if (name !== 'avl_inputs' && name !== 'avl_outputs') return block
  const bits = Number(value)
  const isMask = kind !== 'text' && Number.isInteger(bits) && bits >= -(2 ** 31) && bits < 2 ** 32
  return isMask ? { kind: 'integer', name, hidden, value: bits | 0 } : block
}

/** The document says ASCII. What is no UTF-8 keeps each of its bytes as a character of Latin-1. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}
