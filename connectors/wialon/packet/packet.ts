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
