// The HTTPS API of an IoT hub as far as it is known: it checks tokens against a registry, takes single events and batches,
// refuses what is too large with 413, and answers in the manner of the service, with the name of the error in a header and in
// the body. How requests that are in order are answered may be ordered otherwise.

import type http from 'node:http'
import https from 'node:https'
import type { Clock } from '../../clock.ts'
import { DoubleServer } from '../../shared/double-server.ts'
import type { Registry } from './registry.ts'

/** An event as it came. */
export interface ReceivedEvent {
  readonly device: string
  readonly body: Buffer
  /** By their names in lower case: `iothub-messageid`, `iothub-app-plate`. */
  readonly properties: Readonly<Record<string, string>>
}

export interface ReceivedRequest {
  readonly device: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  /** Of the body. */
  readonly bytes: number
  readonly events: readonly ReceivedEvent[]
}

export type HubReply =
  /** 204, or another status, with the name of an error; `afterMs` makes it late. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly error?: string
      readonly retryAfter?: string
      readonly afterMs?: number
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** These bytes, whatever they are, and then the connection is closed. */
  | { readonly kind: 'raw'; readonly bytes: string }

export interface IotHubHttpsDoubleOptions {
  readonly clock: Clock
  readonly registry: Registry
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string }
  /** How a request is answered whose device is let in; default: with 204. */
  readonly reply?: (request: ReceivedRequest) => HubReply
  /** Called for the events of requests whose device is let in, before anything is answered. */
  readonly ledger?: (request: ReceivedRequest) => void
  /** Called just before 204 is handed to the socket. */
  readonly confirmed?: (request: ReceivedRequest) => void
  readonly maxBytes?: number
}

const place = /^\/devices\/([^/]+)\/messages\/events\?api-version=\d{4}-\d\d-\d\d$/
const batchType = 'application/vnd.microsoft.iothub.json'

export class IotHubHttpsDouble extends DoubleServer {
  readonly #options: IotHubHttpsDoubleOptions
  #requests = 0
  #refused = 0

  constructor(options: IotHubHttpsDoubleOptions) {
    const { clock, tls } = options
    const serve = (request: http.IncomingMessage, response: http.ServerResponse) =>
      void this.#serve(request, response).catch(() => response.destroy())
    super({ clock, create: () => https.createServer(tls, serve) })
    this.#options = options
  }

  /** How many requests came, whatever came of them. */
  get requests(): number {
    return this.#requests
  }

  /** Of those, whose token was refused or whose device is not known. */
  get refused(): number {
    return this.#refused
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    this.#requests++
    const body = Buffer.concat(chunks)
    const [, id] = place.exec(request.url ?? '') ?? []
    if (request.method !== 'POST' || id === undefined) return this.#answer(response, 404, 'ArgumentInvalid')
    const device = decodeURIComponent(id)
    const { registry, clock, maxBytes = 262_144 } = this.#options
    const admission = registry.admit(device, request.headers.authorization ?? '', clock.now())
    if (admission !== 'in') {
      this.#refused++
      const isUnknown = admission === 'unknown'
      return this.#answer(
        response,
        isUnknown ? 404 : 401,
        isUnknown ? 'DeviceNotFound' : 'IotHubUnauthorizedAccess'
      )
    }
    if (body.length > maxBytes) return this.#answer(response, 413, 'MessageTooLarge')
    const events = eventsIn(device, request.headers, body)
    if (events === null) return this.#answer(response, 400, 'ArgumentInvalid')
    const { url: path = '', headers } = request
    this.#follow({ device, path, headers, bytes: body.length, events }, response)
  }

  #follow(received: ReceivedRequest, response: http.ServerResponse): void {
    this.#options.ledger?.(received)
    const reply = this.#options.reply?.(received) ?? { kind: 'answer', status: 204 }
    if (reply.kind === 'hang') return
    if (reply.kind === 'reset') response.socket?.resetAndDestroy()
    else if (reply.kind === 'raw') response.socket?.end(reply.bytes)
    else
      this.after(reply.afterMs ?? 0, () => {
        if (reply.status === 204) this.#options.confirmed?.(received)
        if (reply.retryAfter !== undefined) response.setHeader('retry-after', reply.retryAfter)
        this.#answer(response, reply.status, reply.error)
      })
  }

  #answer(response: http.ServerResponse, status: number, error?: string): void {
    if (error === undefined) {
      response.writeHead(status).end()
      return
    }
    const body = { Message: `ErrorCode:${error};as ordered`, ExceptionMessage: 'Tracking ID:0' }
    response.writeHead(status, { 'iothub-errorcode': error, 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}

/** Null for a batch that is none. */
function eventsIn(device: string, headers: http.IncomingHttpHeaders, body: Buffer): ReceivedEvent[] | null {
  if (headers['content-type'] !== batchType) return [{ device, body, properties: propertiesIn(headers) }]
  try {
    const entries: unknown = JSON.parse(body.toString())
    return Array.isArray(entries) ? entries.map(entry => eventOf(device, entry)) : null
  } catch {
    return null
  }
}

function eventOf(device: string, entry: unknown): ReceivedEvent {
  if (typeof entry !== 'object' || entry === null || !('body' in entry)) throw new TypeError('no event')
  const { body, properties = {} } = entry as { body: unknown; properties?: unknown } // it has the first
  if (typeof body !== 'string' || typeof properties !== 'object' || properties === null)
    throw new TypeError('no event')
  return { device, body: Buffer.from(body, 'base64'), properties: propertiesIn(properties) }
}

function propertiesIn(names: object): Record<string, string> {
  const all = Object.entries(names).filter(([name]) => name.startsWith('iothub-') && name !== 'iothub-to')
  return Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), String(value)]))
}
