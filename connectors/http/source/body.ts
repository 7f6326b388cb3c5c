// Reads the body of a request, inflating it on the way. Limits hold while the bytes come in, so neither a long body
// nor a short one that inflates without end takes more memory than its share. Content codings: RFC 9110 section 8.4.

import type { IncomingMessage } from 'node:http'
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { BudgetShare } from './budget.ts'

export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly maxInflatedBytes: number
}

/**
 * The whole body, inflated. Rejects with `encoding_unsupported`, `body_too_large`, `body_malformed`, `overloaded` or
 * `request_aborted`; what is still to come is then read and thrown away, so that the sender can read the answer.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits, share: BudgetShare): Promise<Buffer> {
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > limits.maxBodyBytes) return Promise.reject(tooLarge('maxBodyBytes', limits.maxBodyBytes))
  const inflater = inflaterFor(request.headers['content-encoding'])
  if (inflater === undefined)
    return Promise.reject(new FaultError('encoding_unsupported', { detail: codings }))
  return new Promise((resolve, reject) => {
    const reading = new Reading({ request, inflater, limits, share, resolve, reject })
    reading.start()
  })
}

const codings = 'send gzip, deflate or identity'

/** Null: the body is not compressed; undefined: it is in a way we do not know. */
function inflaterFor(encoding = 'identity'): Gunzip | Inflate | null | undefined {
  switch (encoding.trim().toLowerCase()) {
    case 'identity':
    case '':
      return null
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    default:
      return undefined
  }
}

function tooLarge(limit: keyof BodyLimits, bytes: number): FaultError {
  const what = limit === 'maxBodyBytes' ? 'the body' : 'the decompressed body'
  return new FaultError('body_too_large', { detail: `${what} exceeds ${bytes} bytes (${limit})` })
}

interface ReadingParts {
  readonly request: IncomingMessage
  readonly inflater: Gunzip | Inflate | null
  readonly limits: BodyLimits
  readonly share: BudgetShare
  resolve(body: Buffer): void
  reject(error: unknown): void
}

/** One body on its way in: request -> (inflater) -> chunks. It ends once, in #succeed or #fail. */
class Reading {
  readonly #parts: ReadingParts
  readonly #chunks: Buffer[] = []
  #receivedBytes = 0
  #heldBytes = 0
  #ended = false

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  start(): void {
    const { request, inflater } = this.#parts
    request.on('data', this.#count)
    request.on('error', this.#abort)
    request.on('close', this.#abort)
    if (inflater !== null) {
      inflater.on('error', error =>
        this.#fail(new FaultError('body_malformed', { detail: messageOf(error), cause: error }))
      )
      request.pipe(inflater)
    }
    const plain = inflater ?? request
    plain.on('data', this.#keep)
    plain.on('end', () => this.#succeed())
  }

  readonly #count = (chunk: Buffer): void => {
    const { maxBodyBytes } = this.#parts.limits
    this.#receivedBytes += chunk.length
    if (this.#receivedBytes > maxBodyBytes) this.#fail(tooLarge('maxBodyBytes', maxBodyBytes))
  }

  readonly #keep = (chunk: Buffer): void => {
    if (this.#ended) return
    try {
      this.#claim(chunk.length)
      this.#chunks.push(chunk)
    } catch (error) {
      this.#fail(error)
    }
  }

  #claim(bytes: number): void {
    const { share, limits } = this.#parts
    this.#heldBytes += bytes
    if (this.#heldBytes > limits.maxInflatedBytes) throw tooLarge('maxInflatedBytes', limits.maxInflatedBytes)
    share.take(bytes)
  }

  /** What has arrived may still wait for the inflater when the connection goes: then it never gets there. */
  readonly #abort = (): void => {
    if (!this.#parts.request.readableEnded) this.#fail(new FaultError('request_aborted'))
  }

  #succeed(): void {
    if (this.#ended) return
    this.#ended = true
    const [first] = this.#chunks
    const one = first !== undefined && this.#chunks.length === 1
    this.#parts.resolve(one ? first : Buffer.concat(this.#chunks, this.#heldBytes))
  }

  #fail(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    const { request, inflater, reject } = this.#parts
    this.#chunks.length = 0
    request.off('data', this.#count)
    request.off('data', this.#keep)
    if (inflater !== null) {
      request.unpipe(inflater)
      inflater.destroy()
    }
    request.resume()
    reject(error)
  }
}
