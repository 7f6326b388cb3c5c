// A packet of Wialon IPS as a line of text:
//
//   #TYPE#message[CRC]\r\n
//
// In versions 2.x the CRC is over everything between `#TYPE#` and itself, the separator before it included (`;`, or `|` in
// `#B#`); in 1.x there is none. Answers never have one. Source of the layout: Wialon IPS 2.0 and 2.1.

import { crc16, crcText } from './crc.ts'

export interface Packet {
  readonly type: string
  /** What stands between `#TYPE#` and the end of the line, with its CRC if there is one. */
  readonly body: Buffer
}

/** `body` as a whole packet, or null when it does not begin like one. The line is without its end. */
export function packetOf(line: Buffer): Packet | null {
  if (line[0] !== hash) return null
  const end = line.indexOf(hash, 1)
  if (end <= 1 || end > 1 + mostTypeBytes) return null
  return { type: line.toString('latin1', 1, end), body: line.subarray(end + 1) }
}

const hash = 0x23
/** The longest type there is has three letters. */
const mostTypeBytes = 8

/** A packet without CRC: an answer, a ping, or anything of version 1.x. */
export function plainPacket(type: string, body = ''): string {
  return `#${type}#${body}\r\n`
}

/** A packet of version 2.x. `body` ends with the separator that stands before the CRC. */
export function checkedPacket(type: string, body: string): string {
  return plainPacket(type, body + crcText(Buffer.from(body)))
}

export type Separator = ';' | '|'

/** What a CRC was over, without the separator at its end; null when the CRC is wrong or missing. */
export function checkedBody(body: Buffer, separator: Separator): Buffer | null {
  const end = body.lastIndexOf(separator)
  if (end === -1) return null
  const digits = body.toString('latin1', end + 1)
  if (!/^[0-9a-fA-F]{1,4}$/.test(digits)) return null
  return crc16(body.subarray(0, end + 1)) === Number.parseInt(digits, 16) ? body.subarray(0, end) : null
}
