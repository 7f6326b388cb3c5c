// An HTTP receiver that misbehaves to order: for every request a script says how to answer, or how to fail at it.
// Tests of the target run against it, and so does `tailrace receive`. A ledger sees each request before its answer
// is written, so what it holds is never less than what a sender has been told.

import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type net from 'node:net'
import type { Clock } from '../clock.ts'
import { DoubleServer } from '../shared/double-server.ts'
import { urlHost } from '../shared/host.ts'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export type Reply =
  /** A proper answer; `afterMs` makes it late. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: http.OutgoingHttpHeaders
      readonly body?: string | Buffer
      readonly afterMs?: number
    }
  /** The request is taken and never answered. */
  | { readonly kind: 'hang' }
  /** The connection is reset after the whole request was read. */
  | { readonly kind: 'reset' }
  /** A good head, then a byte now and then, without end. */
  | { readonly kind: 'trickle'; readonly status: number; readonly everyMs: number }
  /** These bytes, whatever they are, and then the connection is closed. */
  | { readonly kind: 'raw'; readonly bytes: string }

export interface DoubleOptions {
  readonly clock: Clock
  readonly reply: (request: Received) => Reply
  /** Called, and awaited, before anything is answered. */
  readonly ledger?: (request: Received) => void | Promise<void>
  readonly host?: string
  /** 0 takes a free port, and keeps it over stop() and start(). */
  readonly port?: number
  readonly tls?: https.ServerOptions
  /** Speaks HTTP/2, over TLS. */
  readonly http2?: boolean
}

export class HttpDouble extends DoubleServer {
  readonly #options: DoubleOptions

  constructor(options: DoubleOptions) {
    const { clock, host, port } = options
    super({ clock, create: () => this.#create(), host, port })
    this.#options = options
  }

  get url(): string {
    const host = urlHost(this.host)
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${host}:${this.port}`
  }

  #create(): net.Server {
    const { tls, http2: isHttp2 } = this.#options
    const serve = (request: http.IncomingMessage, response: http.ServerResponse) =>
      void this.#serve(request, response).catch(() => response.destroy())
    if (tls === undefined) return http.createServer(serve)
    if (!isHttp2) return https.createServer(tls, serve)
    // Its requests and responses are made to look like those over HTTP/1.1.
    return http2.createSecureServer(tls).on('request', serve as never)
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const received: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks)
    }
    await this.#options.ledger?.(received)
    this.#answer(this.#options.reply(received), response)
  }

  #answer(reply: Reply, response: http.ServerResponse): void {
    if (reply.kind === 'hang') return
    if (reply.kind === 'reset' && response instanceof http2.Http2ServerResponse)
      response.stream.session?.destroy()
    else if (reply.kind === 'reset') response.socket?.resetAndDestroy()
    else if (reply.kind === 'raw' && response instanceof http2.Http2ServerResponse) breakOff(response)
    else if (reply.kind === 'raw') response.socket?.end(reply.bytes)
    else if (reply.kind === 'trickle') this.#trickle(reply, response)
    else this.after(reply.afterMs ?? 0, () => response.writeHead(reply.status, reply.headers).end(reply.body))
  }

  #trickle({ status, everyMs }: Extract<Reply, { kind: 'trickle' }>, response: http.ServerResponse): void {
    response.writeHead(status).flushHeaders()
    const next = () => {
      if (response.destroyed) return
      response.write('.')
      this.after(everyMs, next)
    }
    this.after(everyMs, next)
  }
}

/** HTTP/2 lets nobody write to its socket: an answer that begins and never ends. */
function breakOff(response: http2.Http2ServerResponse): void {
  response.writeHead(200)
  response.write('{"stored":', () => response.stream.session?.destroy())
}
