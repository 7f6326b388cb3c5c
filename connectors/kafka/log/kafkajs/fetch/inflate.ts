// Inflates the records of a compressed batch. The codec is told by the lowest three bits of the batch's attributes.
// The packages behind the codecs are loaded when a batch first needs them: most processes never do.

import * as zlib from 'node:zlib'

/** No batch may grow beyond this: a broken or hostile one must not take the process with it. */
const maxInflatedBytes = 1 << 30

/** The names of the codecs by their number in Kafka's protocol; number 0 means not compressed. */
export const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** Since Node 22.15; the types are those of Node 20. */
interface ZlibWithZstd {
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Buffer
}

/** Inflates `bytes` with codec 1 to 4. Rejects on unknown codecs and broken input with whatever error describes it. */
export async function inflate(codec: number, bytes: Buffer): Promise<Buffer> {
  switch (codecNames[codec]) {
    case 'gzip':
      return zlib.gunzipSync(bytes, { maxOutputLength: maxInflatedBytes })
    case 'snappy':
      return inflateSnappy(bytes)
    case 'lz4':
      return (await import('lz4-napi')).decompressFrameSync(bytes)
    case 'zstd':
      return inflateZstd(bytes)
    default:
      throw new Error(`codec ${codec} is not known`)
  }
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]) // \x82SNAPPY\0
const xerialHeaderBytes = 16 // the magic, then two int32: version, oldest compatible version

/** Java clients write snappy as xerial frames (int32 length and one raw block each), others as one raw block. */
async function inflateSnappy(bytes: Buffer): Promise<Buffer> {
  const { uncompressSync } = await import('snappy')
  const block = (start: number, end: number) => {
    if (end > bytes.length) throw new RangeError('a snappy block reaches beyond its batch')
    return uncompressSync(bytes.subarray(start, end), { asBuffer: true }) as Buffer // what asBuffer asks for
  }
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return block(0, bytes.length)
  const blocks: Buffer[] = []
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    const start = at + 4
    const length = bytes.readUInt32BE(at)
    blocks.push(block(start, start + length))
    at = start + length
  }
  return Buffer.concat(blocks)
}

async function inflateZstd(bytes: Buffer): Promise<Buffer> {
  if ('zstdDecompressSync' in zlib) {
    const { zstdDecompressSync } = zlib as unknown as ZlibWithZstd // just checked
    return zstdDecompressSync(bytes, { maxOutputLength: maxInflatedBytes })
  }
  const { decompress } = await import('fzstd')
  const { buffer, byteOffset, byteLength } = decompress(bytes)
  return Buffer.from(buffer, byteOffset, byteLength)
}
