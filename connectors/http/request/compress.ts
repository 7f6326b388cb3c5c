// Compresses bodies, beside the event loop.

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { FaultError } from '../../../schemas/errors.ts'
import type { HttpTargetConfig } from '../target-config.ts'

export type Compress = (body: Buffer) => Promise<Buffer>

/** Null for none. Throws a FaultError `config_invalid` for what this Node does not have. */
export function compressorOf(compression: HttpTargetConfig['compression']): Compress | null {
  if (compression === 'none') return null
  if (compression === 'gzip') return promisify(zlib.gzip)
  // Added in Node 22.15.
  const zstd: unknown = Reflect.get(zlib, 'zstdCompress')
  if (typeof zstd === 'function') return promisify(zstd as typeof zlib.gzip) // the same signature, as documented
  const detail = `must be gzip or none: zstd needs Node 22.15 or newer, this is ${process.version}`
  throw new FaultError('config_invalid', { path: 'compression', detail })
}
