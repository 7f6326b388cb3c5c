// The admin listener, for people and machines that watch a service: metrics, health, readiness and status. These show
// no message and no secret, and change nothing; it listens on loopback unless the configuration says otherwise. What shows
// messages has rules of its own (watch.ts). A few fixed pages need no framework, so it is Node's own server.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListenAddress } from '../../../connectors/connector.ts'
import { errors, FaultError, messageOf } from '../../../schemas/errors.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import { serveWatch, type WatchPort } from './watch.ts'

export interface Page {
  readonly status?: number
  readonly contentType: string
  readonly body: string
}

/** What each page shows, by its path without the slash. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>

export class AdminListener {
  readonly #pages: Pages
  readonly #server: Server
  readonly #log: LogEvent
  readonly #live: WatchPort | null

  /** `live` answers what lies below /watch/. */
  constructor(pages: Pages, log: LogEvent, live: WatchPort | null = null) {
    this.#pages = pages
    this.#log = log
    this.#live = live
    this.#server = createServer((request, response) => {
      request.resume()
      void this.#serve(request, response)
    })
    this.#server.requestTimeout = 10_000
  }

  /** The port it listens on; 0 while it does not. */
  get port(): number {
    return addressOf(this.#server)?.port ?? 0
  }

  /** Rejects with `listen_failed`. */
  async open({ host, port }: ListenAddress): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', cause =>
        reject(new FaultError('listen_failed', { path: `${host}:${port}`, detail: messageOf(cause), cause }))
      )
      this.#server.listen({ host, port }, resolve)
    })
    this.#log('listener_opened', { kind: 'admin', host, port: this.port })
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** What cannot be shown costs one answer, and neither the process nor its streams. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const name = url.split('?', 1)[0]?.slice(1) ?? ''
    try {
      if (this.#live !== null && method === 'GET' && name.startsWith('watch/'))
        serveWatch(this.#live, request, response)
      else send(response, await this.#page(method, name), method)
    } catch (error) {
      this.#log('request_failed', { kind: 'admin', page: name, error })
      if (response.headersSent) response.destroy()
      else send(response, text(errors.internal.sentence, 500), method)
    }
  }

  async #page(method: string, name: string): Promise<Page> {
    if (method !== 'GET' && method !== 'HEAD') return text(errors.method_not_allowed.sentence, 405)
    const show = Object.hasOwn(this.#pages, name) ? this.#pages[name] : undefined
    if (show !== undefined) return show()
    const index = Object.keys(this.#pages).map(path => `/${path}`)
    return text(['Tailrace', ...index].join('\n'), name === '' ? 200 : 404)
  }
}

function send(response: ServerResponse, { status = 200, contentType, body }: Page, method: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(method === 'HEAD' ? undefined : body)
}

/** A page of plain text; the line feed at its end is added. */
export function text(body: string, status = 200): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` }
}

export function json(body: unknown, status = 200): Page {
  return { status, contentType: 'application/json', body: `${JSON.stringify(body, null, 2)}\n` }
}

function addressOf(server: Server): AddressInfo | null {
  const address = server.address()
  return typeof address === 'object' ? address : null
}
