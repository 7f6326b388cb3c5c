// What the headers of a request say about its body, and how much of it is taken.

import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { FaultError } from '../../../../schemas/errors.ts'

/** A request as Node gives it, over HTTP/1.1 or HTTP/2. */
export interface Request extends Readable {
  readonly headers: IncomingHttpHeaders
  readonly httpVersionMajor: number
  readonly aborted: boolean
}

/** Why the rest of a request can never come, of those of which that is known. */
export const broken = new WeakMap<Request, FaultError>()

/** The rest of the request is broken: whoever reads its body, now or later, is told so. */
export function breakOff(request: Request, fault: FaultError): void {
  broken.set(request, fault)
  if (request.listenerCount('error') > 0) request.emit('error', fault)
}

export interface BodyLimits {
  /** Of the bytes as they are sent. */
  readonly maxBodyBytes: number
  /** Of the bytes once they are inflated. */
  readonly maxInflatedBytes: number
  /** The setting that both are of, if it has another name than they. */
  readonly setting?: string
}

/** What is reserved for a body before any of it has come: what Node hands over at once at most. */
export const chunkBytes = 65_536

/** The most bytes that a body may have in memory, going by its headers. Throws `body_too_large` when it has too many. */
export function mostBytes({ headers }: Request, limits: BodyLimits): number {
  const { 'content-length': length, 'content-encoding': encoding } = headers
  const { maxBodyBytes, maxInflatedBytes } = limits
  const bytes = Number(length ?? 0)
  if (bytes > maxBodyBytes) throw tooLarge('maxBodyBytes', limits)
  if (encoding !== undefined) return maxInflatedBytes
  return Math.min(maxInflatedBytes, length === undefined ? maxBodyBytes : bytes)
}

export function tooLarge(limit: 'maxBodyBytes' | 'maxInflatedBytes', limits: BodyLimits): FaultError {
  const what = limit === 'maxBodyBytes' ? 'the body' : 'the decompressed body'
  const detail = `${what} exceeds ${limits[limit]} bytes (${limits.setting ?? limit})`
  return new FaultError('body_too_large', { detail })
}
