// Reads the body of a request, inflating it on the way, as a whole or piece by piece: nothing is read ahead of who
// asks for it, so a sender is as fast as what becomes of its messages. Limits hold while the bytes come in: neither a
// long body nor a short one that inflates without end takes more memory than its share, and one that does not come
// forward is given up. Content codings: RFC 9110 section 8.4.

import type { Readable } from 'node:stream'
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import { type BudgetShare, smallBytes } from '../../../shared/byte-budget.ts'
import { Chunks } from './chunks.ts'
import type { Awaited, Deadlines } from './deadlines.ts'
import { type BodyLimits, broken, chunkBytes, type Request, tooLarge } from './request.ts'

export interface BodyParts {
  readonly limits: BodyLimits
  readonly share: BudgetShare
  readonly deadlines: Deadlines
  /** The most bytes of it that can be in memory at once. */
  readonly mostBytes: number
  /** How long what next() asks for may take to arrive. */
  readonly timeoutMs: number
}

/** Asked for where nothing less will do. */
const all = Number.POSITIVE_INFINITY

const codings = 'send gzip, deflate or identity'

/** Null: the body is not compressed. Throws `encoding_unsupported`. */
function inflaterFor(encoding = 'identity'): Gunzip | Inflate | null {
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
      throw new FaultError('encoding_unsupported', { detail: codings })
  }
}

/** Somebody who waits for bytes. */
interface Asking {
  readonly bytes: number
  resolve(piece: Buffer): void
  reject(error: unknown): void
}

/** One body on its way in: request -> (inflater) -> chunks -> next(). It ends once, at its end or in #fail. */
export class Body implements Awaited {
  readonly #request: Request
  readonly #parts: BodyParts
  readonly #inflater: Gunzip | Inflate | null
  readonly #plain: Readable
  readonly #chunks = new Chunks()
  #receivedBytes = 0
  #inflatedBytes = 0
  #asking: Asking | null = null
  #isAtEnd = false
  #isListening = false
  #failure: { readonly error: unknown } | null = null

  /** Throws `encoding_unsupported`. */
  constructor(request: Request, parts: BodyParts) {
    this.#request = request
    this.#parts = parts
    this.#inflater = inflaterFor(request.headers['content-encoding'])
    this.#plain = this.#inflater ?? request
    this.#listen()
  }

  /** Whether all of it has been handed out. */
  get isAtEnd(): boolean {
    return this.#isAtEnd && this.#chunks.bytes === 0
  }

  /** All of it, once there is room. Rejects as next() does. */
  whole(): Promise<Buffer> {
    return this.next(all)
  }

  /**
   * At least so many bytes of it, or those that are left or that there is room for, inflated; one at a time. Rejects with `body_too_large`,
   * `body_malformed`, `overloaded`, `request_timeout` or `request_aborted`.
   */
  next(bytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure.error)
        return
      }
      const { deadlines, timeoutMs } = this.#parts
      this.#asking = { bytes, resolve, reject }
      deadlines.add(this, timeoutMs)
      const fault = broken.get(this.#request)
      if (fault !== undefined || (this.#request.destroyed && !this.#request.readableEnded)) this.#abort(fault)
      else if (this.#isAtEnd || this.#chunks.bytes >= bytes) this.#handOut()
      else this.#flow()
    })
  }

  /** What was asked for did not come in time. */
  expire(): void {
    this.#fail(new FaultError('request_timeout'))
  }

  /** Whatever is still to come is nobody's. */
  close(): void {
    this.#fail(new FaultError('request_aborted'))
  }

  // What is called for every request has as few closures as it can do with.
  #listen(): void {
    const request = this.#request
    const inflater = this.#inflater
    request.on('error', this.#abort)
    request.on('close', this.#abort)
    if (request.httpVersionMajor === 2) request.on('aborted', this.#abort)
    if (inflater !== null) {
      request.on('data', chunk => this.#count(chunk))
      inflater.on('error', error =>
        this.#fail(new FaultError('body_malformed', { detail: messageOf(error), cause: error }))
      )
      request.pipe(inflater)
    }
    this.#plain.on('end', () => this.#end())
  }

  /** Lets the bytes come. A stream flows by itself once somebody listens. */
  #flow(): void {
    if (this.#isListening) this.#plain.resume()
    else this.#plain.on('data', this.#keep)
    this.#isListening = true
  }

  #count(chunk: Buffer): void {
    const { limits } = this.#parts
    this.#receivedBytes += chunk.length
    if (this.#failure === null && this.#receivedBytes > limits.maxBodyBytes)
      this.#fail(tooLarge('maxBodyBytes', limits))
  }

  readonly #keep = (chunk: Buffer): void => {
    const { share, limits } = this.#parts
    if (this.#inflater === null) this.#count(chunk)
    this.#inflatedBytes += chunk.length
    if (this.#inflatedBytes > limits.maxInflatedBytes) this.#fail(tooLarge('maxInflatedBytes', limits))
    if (this.#failure !== null) return
    this.#chunks.add(chunk)
    share.take(chunk.length)
    if (this.#asking !== null && this.#chunks.bytes >= this.#asking.bytes) this.#handOut()
    // Pieces keep room for the next chunk, which cannot be sent back; of a whole body most end with the first.
    else if (share.roomBytes < (this.#asking?.bytes === all ? 0 : chunkBytes)) this.#grow()
  }

  /**
   * How long it is shows only as it comes. Most stay small. One that does not goes on once there is room for the most that
   * it can be: if several went on step by step, each could come to wait for what the others hold.
   */
  #grow(): void {
    const { share, mostBytes } = this.#parts
    const asked = this.#asking?.bytes ?? 0
    if (asked !== all) {
      const before = share.takenBytes - this.#chunks.bytes
      if (!share.reserveNow(before + Math.min(asked + chunkBytes, mostBytes))) this.#handOut()
      return
    }
    this.#plain.pause()
    const goOn = () => this.#asking !== null && this.#flow()
    const bytes = share.takenBytes < smallBytes ? Math.min(smallBytes, mostBytes) : mostBytes
    share.reserve(bytes).then(goOn, error => this.#fail(error))
  }

  #end(): void {
    const request = this.#request
    const inflater = this.#inflater
    // What is compressed says where it ends, which need not be where the request ends.
    if (inflater !== null && !request.readableEnded) request.once('end', () => this.#end())
    // Over HTTP/2 a body that is broken off ends first, like one that is complete, and is aborted then.
    else if (request.httpVersionMajor === 2) setImmediate(() => this.#finish())
    else this.#finish()
  }

  #finish(): void {
    if (this.#request.aborted) this.#fail(new FaultError('request_aborted'))
    const inflater = this.#inflater
    if (inflater !== null && inflater.bytesWritten !== this.#receivedBytes)
      this.#fail(new FaultError('body_malformed', { detail: 'something follows what is compressed' }))
    if (this.#failure !== null) return
    this.#isAtEnd = true
    this.#handOut()
  }

  /** What has arrived may still wait for the inflater when the connection goes: then it never gets there. */
  readonly #abort = (error?: unknown): void => {
    if (this.#request.readableEnded) return
    this.#fail(error instanceof FaultError ? error : new FaultError('request_aborted'))
  }

  #handOut(): void {
    const asking = this.#asking
    if (asking === null) return
    this.#asking = null
    this.#parts.deadlines.delete(this)
    if (!this.#isAtEnd) this.#plain.pause()
    asking.resolve(this.#chunks.take())
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.isAtEnd) return
    this.#failure = { error }
    this.#chunks.clear()
    const request = this.#request
    const inflater = this.#inflater
    const asking = this.#asking
    request.off('data', this.#keep)
    if (inflater !== null) {
      request.unpipe(inflater)
      inflater.destroy()
    }
    if (asking === null) return
    this.#parts.deadlines.delete(this)
    asking.reject(error)
  }
}
