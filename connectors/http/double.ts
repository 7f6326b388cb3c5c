// An HTTP receiver that misbehaves to order: for every request a script says how to answer, or how to fail at it.
// Tests of the target run against it, and so does `tailrace receive`. A ledger sees each request before its answer
// is written, so what it holds is never less than what a sender has been told.

import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'

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
}

export class HttpDouble {
  readonly #options: DoubleOptions
  readonly #host: string
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<() => void>()
  #port: number
  #server: http.Server | undefined

  constructor(options: DoubleOptions) {
    this.#options = options
    this.#host = options.host ?? '127.0.0.1'
    this.#port = options.port ?? 0
  }

  /** Listens. Throws a FaultError `listen_failed`; may be called again after stop(). */
  async start(): Promise<void> {
    const { tls } = this.#options
    const server = tls === undefined ? http.createServer() : https.createServer(tls)
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', cause =>
        reject(new FaultError('listen_failed', { detail: messageOf(cause), cause }))
      )
      server.listen(this.#port, this.#host, resolve)
    })
    const address = server.address() as AddressInfo // a TCP server that listens has one
    this.#port = address.port
    this.#server = server
  }

  /** Refuses connections from now on and cuts those that are open, answered or not. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    const closed = new Promise(resolve => server.close(resolve))
    this.cut()
    await closed
  }

  /** Cuts all connections, answered or not, and goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** The port it listens on; 0 before the first start(). */
  get port(): number {
    return this.#port
  }

  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${host}:${this.#port}`
  }

  get listening(): boolean {
    return this.#server !== undefined
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size
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
    if (reply.kind === 'reset') response.socket?.resetAndDestroy()
    else if (reply.kind === 'raw') response.socket?.end(reply.bytes)
    else if (reply.kind === 'trickle') this.#trickle(reply, response)
    else
      this.#after(reply.afterMs ?? 0, () => response.writeHead(reply.status, reply.headers).end(reply.body))
  }

  #trickle({ status, everyMs }: Extract<Reply, { kind: 'trickle' }>, response: http.ServerResponse): void {
    response.writeHead(status).flushHeaders()
    const next = () => {
      if (response.destroyed) return
      response.write('.')
      this.#after(everyMs, next)
    }
    this.#after(everyMs, next)
  }

  #after(delayMs: number, fn: () => void): void {
    if (delayMs === 0) {
      fn()
      return
    }
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      fn()
    })
    this.#timers.add(cancel)
  }
}
