// The server under the HTTP source: HTTP/1.1, or over TLS HTTP/2 as well, by what the sender chooses in the handshake (ALPN).
// It knows its connections, so that it can close those that do nothing at once and all others at a deadline, and its
// certificate can be renewed while it listens.

import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerResponse
} from 'node:http'
import { createSecureServer, type Http2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { ListenTlsConfig } from '../../../../schemas/config.ts'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import type { SourceEnv } from '../../../connector.ts'
import { serverTls } from '../../../shared/tls.ts'
import type { Timings } from '../timings.ts'
import { HandshakeLog } from './handshakes.ts'

/** What Node's servers of HTTP/1.1 and HTTP/2 have in common; the latter serves both. */
export type HttpServer = Server & { setSecureContext?(options: object): void }

export type Handler = Parameters<typeof createPlainServer>[1]

export class SourceServer {
  readonly server: HttpServer
  readonly #env: SourceEnv
  #tls: ListenTlsConfig | undefined
  /** All connections. */
  readonly #sockets = new Set<Socket>()
  /** Those on which no request has come yet, by the address of their other side. */
  readonly #unused = new Map<string, Socket>()
  readonly #sessions = new Set<Http2Session>()
  /** The last answer on a connection of HTTP/1.1. */
  readonly #answers = new Map<Socket, ServerResponse>()

  /** Throws `config_invalid` when the certificate cannot be used. */
  constructor(handler: Handler, env: SourceEnv, timings: Timings) {
    this.#env = env
    const { tls } = env.listen
    this.#tls = tls
    this.server = tls === undefined ? plainServer(handler, timings) : secureServer(handler, tls, timings)
    this.#track()
    const handshakes = new HandshakeLog(env)
    this.server.on('tlsClientError', (error, socket) => handshakes.failed(error, socket))
  }

  /** The port it listens on; 0 while it does not. */
  get port(): number {
    const address: AddressInfo | string | null = this.server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  /** Rejects with `listen_failed`. */
  listen(): Promise<void> {
    const { host, port } = this.#env.listen
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) => {
        reject(new FaultError('listen_failed', { path: `${host}:${port}`, detail: messageOf(cause), cause }))
      }
      this.server.once('error', fail)
      this.server.listen({ host, port }, () => {
        this.server.off('error', fail)
        resolve()
      })
    })
  }

  /** The answer that a connection waits for. */
  pendingOn(socket: Socket): ServerResponse | undefined {
    const answer = this.#answers.get(socket)
    return answer?.writableEnded === false ? answer : undefined
  }

  /** Connections from now on see this certificate. Throws `config_invalid`, and the one before stays. */
  renew(tls: ListenTlsConfig | undefined): void {
    if (tls === undefined || isDeepStrictEqual(tls, this.#tls)) return
    this.server.setSecureContext?.(serverTls(tls))
    this.#tls = tls
    this.#env.log('certificate_renewed', { kind: 'http' })
  }

  /** Connections without a request close at once, the others with their answers, and at the deadline all that are left. */
  async close(deadlineMs: number): Promise<void> {
    if (!this.server.listening) return
    const cancel = this.#env.clock.after(deadlineMs, () => {
      for (const session of this.#sessions) session.destroy()
      for (const socket of this.#sockets) socket.destroy()
    })
    const closed = new Promise(resolve => this.server.close(resolve))
    for (const session of this.#sessions) session.close()
    // Node does not take a connection for idle that has not sent anything yet, and would wait for it.
    for (const socket of this.#unused.values()) socket.destroy()
    await closed
    cancel()
  }

  /** It has its first request. */
  #begin(socket: Socket): void {
    this.#unused.delete(addressOf(socket))
    socket.once('close', () => this.#answers.delete(socket))
  }

  #track(): void {
    const { server } = this
    server.on('connection', (socket: Socket) => {
      const address = addressOf(socket)
      this.#sockets.add(socket)
      this.#unused.set(address, socket)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        this.#unused.delete(address)
      })
    })
    server.on('request', ({ httpVersionMajor, socket }: IncomingMessage, answer: ServerResponse) => {
      if (httpVersionMajor !== 1) return
      if (!this.#answers.has(socket)) this.#begin(socket)
      this.#answers.set(socket, answer)
    })
    server.on('session', (session: Http2Session) => {
      this.#sessions.add(session)
      this.#unused.delete(addressOf(session.socket))
      session.once('close', () => this.#sessions.delete(session))
    })
  }
}

/** A connection over TLS has two sockets, which have this in common. */
function addressOf({ remoteAddress, remotePort }: Socket | TLSSocket): string {
  return `${remoteAddress} ${remotePort}`
}

/** The time for a body is ours to watch, in body.ts: it holds for HTTP/2 as well, and for each piece of a long body. */
function limitsOf({ headersTimeoutMs, checkIntervalMs, keepAliveMs }: Timings) {
  return {
    requestTimeout: 0,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: checkIntervalMs,
    keepAliveTimeout: keepAliveMs,
    requireHostHeader: false // app.ts looks at it
  }
}

function plainServer(handler: Handler, timings: Timings): HttpServer {
  return createPlainServer(limitsOf(timings), handler)
}

function secureServer(handler: Handler, tls: ListenTlsConfig, timings: Timings): HttpServer {
  const limits = limitsOf(timings)
  const server = createSecureServer({
    ...serverTls(tls),
    ...limits,
    allowHTTP1: true,
    handshakeTimeout: timings.headersTimeoutMs,
    settings: { maxConcurrentStreams: 100 }
  })
  // Node's class for HTTP/2 is another than that for HTTP/1.1, but serves both, and has what is used here of either.
  const both = server as unknown as HttpServer
  Object.assign(both, limits)
  both.on('session', (session: Http2Session) =>
    session.setTimeout(timings.keepAliveMs, () => session.close())
  )
  if (handler !== undefined) both.on('request', handler)
  return both
}
