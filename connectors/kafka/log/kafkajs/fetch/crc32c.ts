// CRC-32C (Castagnoli), the checksum of record batches. Node's zlib has only the other CRC-32.

const polynomial = 0x82f63b78 // 0x1EDC6F41 with its bits reversed

const table = Int32Array.from({ length: 256 }, (_, index) => {
  let remainder = index
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0)
  return remainder
})

/** The checksum of bytes[start, end) as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  for (let at = start; at < end; at++) {
    const index = (crc ^ (bytes[at] as number)) & 0xff // the caller keeps start and end inside
    crc = (crc >>> 8) ^ (table[index] as number) // 256 entries, 8 bits
  }
  return ~crc >>> 0
}
