// A token server on loopback by the rules of RFC 6749, for one client, whose tokens live as long as the test says.

import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export const client = { id: 'fleet & sons', secret: 's:ecret%' }

export class TokenServerDouble {
  /** Every request, as it came. */
  readonly asked: { readonly authorization: string | undefined; readonly form: URLSearchParams }[] = []
  /** Requests that are being answered now, and at most were. */
  now = 0
  most = 0
  lifetimeSeconds: number | undefined = 10
  /** What is answered instead of a token. */
  refusal: { readonly status: number; readonly body: string } | null = null
  url = ''
  readonly #endsAt = new Map<string, number>()

  #server: http.Server | null = null

  async start(): Promise<this> {
    const server = http.createServer((request, response) => void this.#answer(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token?tenant=1` // it listens on TCP
    return this
  }

  async stop(): Promise<void> {
    this.#server?.close()
    this.#server?.closeAllConnections()
  }

  /** Is it a token of ours that has not expired? */
  knows(authorization: string | undefined): boolean {
    const endsAt = this.#endsAt.get(authorization?.replace(/^Bearer /, '') ?? '')
    return endsAt !== undefined && endsAt > Date.now()
  }

  /** All tokens are worth nothing from now on. */
  revoke(): void {
    this.#endsAt.clear()
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.now++
    this.most = Math.max(this.most, this.now)
    const form = new URLSearchParams(await text(request))
    this.asked.push({ authorization: request.headers.authorization, form })
    const { status, body } = this.refusal ?? { status: 200, body: this.#token() }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    this.now--
  }

  #token(): string {
    const token = `token-${this.asked.length}`
    const seconds = this.lifetimeSeconds
    this.#endsAt.set(token, Date.now() + (seconds ?? 3_600) * 1_000)
    return JSON.stringify({
      access_token: token,
      token_type: 'Bearer',
      ...(seconds !== undefined && { expires_in: seconds })
    })
  }
}
