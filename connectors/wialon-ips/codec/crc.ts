// The check sum of Wialon IPS: CRC-16/ARC (polynomial 0xA001 reflected, initial 0, no final xor), written as four
// upper-case hexadecimal digits.

const table = new Uint16Array(256).map((_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})

export function crc16(bytes: Buffer): number {
  let crc = 0
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return crc
}

export function crcText(bytes: Buffer): string {
  return crc16(bytes).toString(16).toUpperCase().padStart(4, '0')
}
