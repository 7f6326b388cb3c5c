// The admin listener, for people and machines that watch a service: metrics, health, readiness and status. These show
// no message and no secret, and change nothing; it listens on loopback unless the configuration says otherwise. What shows
// messages has rules of its own (watch.ts). A few fixed pages need no framework, so it is Node's own server.

import { createServer, type Server, type ServerResponse } from 'node:http'
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

  /** `live` answers what lies below /watch/. */
  constructor(pages: Pages, log: LogEvent, live: WatchPort | null = null) {
    this.#pages = pages
    this.#log = log
    this.#server = createServer((request, response) => {
      request.resume()
      if (live !== null && request.method === 'GET' && request.url?.startsWith('/watch/'))
        serveWatch(live, request, response)
      else void this.#answer(request.method ?? '', request.url ?? '', response)
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

  async #answer(method: string, url: string, response: ServerResponse): Promise<void> {
    const name = url.split('?', 1)[0]?.slice(1) ?? ''
    const page = await this.#page(method, name)
    response.writeHead(page.status ?? 200, { 'content-type': page.contentType, 'cache-control': 'no-store' })
    response.end(method === 'HEAD' ? undefined : page.body)
  }

  async #page(method: string, name: string): Promise<Page> {
    if (method !== 'GET' && method !== 'HEAD') return text(errors.method_not_allowed.sentence, 405)
    const show = Object.hasOwn(this.#pages, name) ? this.#pages[name] : undefined
    if (show !== undefined) return show()
    const index = Object.keys(this.#pages).map(path => `/${path}`)
    return text(['Tailrace', ...index].join('\n'), name === '' ? 200 : 404)
  }
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
