// The packet of Wialon Retranslator 1.0 as bytes. Source: "Wialon Retranslator Communication Protocol" by Gurtam.
// Numbers are big-endian, except the size of the packet and every double, which are little-endian; texts end
// with a zero byte.
//
//   packet   size uint32 LE (of what follows) · unit id, text · time int32, Unix seconds · flags uint32 · blocks
//   block    0x0BBB uint16 · size uint32 (of what follows) · hidden uint8 · data type uint8 · name, text · value
//   value    1 text · 2 binary · 3 int32 · 4 float64 LE · 5 int64
//   posinfo  a binary block: longitude, latitude, altitude float64 LE · speed, course uint16 · satellites uint8

export interface Position {
  readonly longitude: number
  readonly latitude: number
  readonly altitudeM: number
  /** 0 to 65535. */
  readonly speedKmh: number
  /** Degrees, 0 to 359. */
  readonly course: number
  /** 0 to 255. */
  readonly satellites: number
}

interface Named {
  readonly name: string
  /** Hidden blocks are not registered as parameters; required for the names in `reservedNames`. */
  readonly hidden: boolean
}

export type Block =
  | { readonly kind: 'position'; readonly value: Position }
  | (Named & { readonly kind: 'text'; readonly value: string })
  | (Named & { readonly kind: 'integer'; readonly value: number })
  | (Named & { readonly kind: 'double'; readonly value: number })
  | (Named & { readonly kind: 'long'; readonly value: bigint })

export interface Packet {
  readonly unit: string
  /** Unix seconds, below 2^31. */
  readonly timeSeconds: number
  readonly flags: number
  readonly blocks: readonly Block[]
}

export const flags = { position: 0x01, inputs: 0x02, outputs: 0x04, alarm: 0x10, driver: 0x20 } as const
export const dataTypes = { text: 1, position: 2, integer: 3, double: 4, long: 5 } as const

/** Blocks whose meaning is fixed by the protocol. The document spells the image in two ways. */
export const reservedNames: ReadonlySet<string> = new Set([
  'posinfo',
  'avl_inputs',
  'avl_outputs',
  'avl_driver',
  'imag',
  'image'
])

export const blockMark = 0x0bbb
export const blockHeaderBytes = 6
export const positionBytes = 29

/**
 * The bytes of one packet. Texts must hold no zero byte and numbers must fit their types: a RangeError otherwise.
 */
export function encodePacket(packet: Packet): Buffer {
  const sizes = packet.blocks.map(blockBytes)
  const size = sizes.reduce((sum, bytes) => sum + blockHeaderBytes + bytes, textBytes(packet.unit) + 8)
  const bytes = Buffer.allocUnsafe(4 + size)
  let at = bytes.writeUInt32LE(size, 0)
  at = writeText(bytes, packet.unit, at)
  at = bytes.writeInt32BE(packet.timeSeconds, at)
  at = bytes.writeUInt32BE(packet.flags, at)
  for (const [index, block] of packet.blocks.entries()) {
    at = bytes.writeUInt16BE(blockMark, at)
    at = bytes.writeUInt32BE(sizes[index] ?? 0, at)
    at = writeBlock(bytes, block, at)
  }
  return bytes
}

function blockBytes(block: Block): number {
  return 2 + textBytes(nameOf(block)) + valueBytes(block)
}

function valueBytes(block: Block): number {
  switch (block.kind) {
    case 'position':
      return positionBytes
    case 'text':
      return textBytes(block.value)
    case 'integer':
      return 4
    default:
      return 8
  }
}

function writeBlock(bytes: Buffer, block: Block, start: number): number {
  let at = bytes.writeUInt8(block.kind === 'position' || block.hidden ? 1 : 0, start)
  at = bytes.writeUInt8(dataTypes[block.kind], at)
  at = writeText(bytes, nameOf(block), at)
  switch (block.kind) {
    case 'position':
      return writePosition(bytes, block.value, at)
    case 'text':
      return writeText(bytes, block.value, at)
    case 'integer':
      return bytes.writeInt32BE(block.value, at)
    case 'double':
      return bytes.writeDoubleLE(block.value, at)
    case 'long':
      return bytes.writeBigInt64BE(block.value, at)
  }
}

function writePosition(bytes: Buffer, position: Position, start: number): number {
  let at = bytes.writeDoubleLE(position.longitude, start)
  at = bytes.writeDoubleLE(position.latitude, at)
  at = bytes.writeDoubleLE(position.altitudeM, at)
  at = bytes.writeUInt16BE(position.speedKmh, at)
  at = bytes.writeUInt16BE(position.course, at)
  return bytes.writeUInt8(position.satellites, at)
}

function nameOf(block: Block): string {
  return block.kind === 'position' ? 'posinfo' : block.name
}

/** UTF-8 and the zero byte at its end. */
function textBytes(text: string): number {
  return Buffer.byteLength(text) + 1
}

function writeText(bytes: Buffer, text: string, at: number): number {
  return bytes.writeUInt8(0, at + bytes.write(text, at))
}
