// Requests over HTTP/2: all of a target on one connection, as streams of it. By Node's own client: undici's sends what was
// under way when a connection breaks once more by itself, which nobody may do but the engine.

import http2 from 'node:http2'
import type { Dispatcher } from 'undici'
import type { Clock } from '../../clock.ts'
import { RequestController } from '../controller.ts'
import type { Connections } from './connect.ts'
import type { Transport } from './transport.ts'

/** How long a connection is kept that nothing uses: as over HTTP/1.1 (transport.ts). */
const idleMs = 4_000

export class Http2Transport implements Transport {
  readonly connections: Connections
  readonly #origin: URL
  readonly #clock: Clock
  #session: http2.ClientHttp2Session | null = null
  /** Requests under way in the session. */
  #open = 0
  #cancelIdle: () => void = () => {}
  #isClosed = false

  constructor(connections: Connections, origin: string, clock: Clock) {
    this.connections = connections
    this.#origin = new URL(origin)
    this.#clock = clock
  }

  try(signal: AbortSignal): Promise<void> {
    return this.connections.try(this.#origin, signal)
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#cancelIdle()
    const session = this.#usable()
    const exchange = new Exchange(handler, () => {
      this.#open--
      if (this.#open === 0 && !this.#isClosed)
        this.#cancelIdle = this.#clock.after(idleMs, () => this.#leave())
    })
    exchange.run(session, { ...request, host: this.#origin.host })
    this.#open++
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelIdle()
    this.#session?.destroy()
    await this.connections.close()
  }

  /** The session, or a new one where it takes no requests any more. */
  #usable(): http2.ClientHttp2Session {
    if (this.#session === null || this.#session.closed || this.#session.destroyed)
      this.#session = this.#connect()
    return this.#session
  }

  #leave(): void {
    this.#session?.close()
    this.#session = null
  }

  #connect(): http2.ClientHttp2Session {
    const session = http2.connect(this.#origin, {
      createConnection: () => this.connections.open(this.#origin)
    })
    const forget = () => {
      if (this.#session === session) this.#session = null
    }
    // What is under way is told by its streams.
    return session.on('error', forget).on('close', forget).on('goaway', forget)
  }
}

/** One request and its answer, told to the handler as undici tells it. */
class Exchange extends RequestController {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #ended: () => void
  #stream: http2.ClientHttp2Stream | null = null
  #error: Error | null = null
  #isAnswered = false
  #isComplete = false

  constructor(handler: Dispatcher.DispatchHandler, ended: () => void) {
    super()
    this.#handler = handler
    this.#ended = ended
  }

  run(session: http2.ClientHttp2Session, request: Dispatcher.DispatchOptions & { host: string }): void {
    const stream = session.request(headersOf(request))
    this.#stream = stream
    const started = () => this.#handler.onRequestStart?.(this, {})
    // Where the connection stands the request is on its way already.
    if (stream.pending) stream.once('ready', started)
    else started()
    stream
      .once('response', ({ ':status': status, ...headers }) => {
        this.#isAnswered = true
        this.#handler.onResponseStart?.(this, Number(status), headers as Record<string, string>, '')
      })
      .on('data', (chunk: Buffer) => this.#handler.onResponseData?.(this, chunk))
      .once('end', () => {
        this.#isComplete = this.#isAnswered // a stream that is cut off may end as well
      })
      .once('error', error => {
        this.#error = causeOf(error)
      })
      .once('close', () => {
        this.#ended()
        if (this.#isComplete && !stream.aborted && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR)
          this.#handler.onResponseEnd?.(this, {})
        else this.#handler.onResponseError?.(this, this.#error ?? new Error('the stream was closed'))
      })
      .end(request.body)
  }

  override abort(reason: Error): void {
    super.abort(reason)
    this.#stream?.close(http2.constants.NGHTTP2_CANCEL)
  }
}

/** What ended the whole connection says more than that a stream of it was cancelled. */
function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error
}

function headersOf({ path, method, headers, host, body }: Dispatcher.DispatchOptions & { host: string }) {
  const given = headers as readonly string[] // as requests.ts makes them
  const named: http2.OutgoingHttpHeaders = {}
  for (let at = 0; at < given.length; at += 2) named[given[at] ?? ''] = given[at + 1]
  const { host: authority = host, ...rest } = named
  const length = Buffer.isBuffer(body) ? body.length : 0
  return {
    ...rest,
    'content-length': length,
    ':method': method,
    ':path': path,
    ':authority': authority,
    ':scheme': 'https'
  }
}
