// Fetches one token from the token server, by the rules of RFC 6749: a form, answered in JSON.

import { Pool } from 'undici'
import { FaultError } from '../../../schemas/errors.ts'
import { own, parseJson } from '../../shared/json/values.ts'
import { outcomeOfError } from '../answer/outcome.ts'
import type { Connections } from '../request/connect.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { basicAuthorization } from './credentials.ts'
import type { Token } from './tokens.ts'

type Config = NonNullable<HttpTargetConfig['oauth2']>

const maxAnswerBytes = 65_536

export class TokenServer {
  readonly #config: Config
  readonly #url: URL
  readonly #connections: Connections
  readonly #pool: Pool

  constructor(config: Config, connections: Connections, timeoutMs: number) {
    this.#config = config
    this.#connections = connections
    this.#url = new URL(config.tokenUrl)
    this.#pool = new Pool(this.#url.origin, {
      connect: connections.connect,
      connections: 1,
      pipelining: 1,
      keepAliveTimeout: 1,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: maxAnswerBytes
    })
  }

  /** Rejects with a FaultError `http_token_unavailable`, or `http_token_denied` where only a person can help. */
  async fetch(): Promise<Token> {
    const { status, text } = await this.#ask()
    const json = parseJson(text)
    const [error, description] = [own(json, 'error'), own(json, 'error_description')]
    if (status !== 200) {
      const denied = status >= 400 && status < 500 && status !== 408 && status !== 429
      // What else is in the answer might be secret; these two are for people (RFC 6749, 5.2).
      const said = [error, description].filter(one => typeof one === 'string').join(': ')
      const detail = `HTTP ${status}${said === '' ? '' : `: ${said.slice(0, 300)}`}`
      throw new FaultError(denied ? 'http_token_denied' : 'http_token_unavailable', { detail })
    }
    const value = own(json, 'access_token')
    if (typeof value !== 'string' || value === '')
      throw new FaultError('http_token_unavailable', { detail: 'HTTP 200 without an access_token in JSON' })
    const life = Number(own(json, 'expires_in'))
    return { value, lifetimeMs: Number.isFinite(life) && life > 0 ? life * 1000 : null }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
    await this.#connections.close()
  }

  async #ask(): Promise<{ status: number; text: string }> {
    try {
      const { statusCode, body } = await this.#pool.request({
        path: this.#url.pathname + this.#url.search,
        method: 'POST',
        headers: this.#headers(),
        body: this.#form().toString()
      })
      return { status: statusCode, text: await body.text() }
    } catch (cause) {
      const { detail, code } = outcomeOfError(cause, false)
      if (code === 'address_forbidden') throw cause
      throw new FaultError('http_token_unavailable', { detail, cause })
    }
  }

  #form(): URLSearchParams {
    const { scope, audience, clientId, clientSecret, credentialsIn } = this.#config
    return new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
      ...(credentialsIn === 'body' && { client_id: clientId, client_secret: clientSecret })
    })
  }

  #headers(): Record<string, string> {
    const { clientId, clientSecret, credentialsIn } = this.#config
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    if (credentialsIn === 'body') return headers
    // RFC 6749, 2.3.1: each encoded as in a form before they are put together.
    const [id, secret] = [clientId, clientSecret].map(text =>
      new URLSearchParams({ _: text }).toString().slice(2)
    )
    return { ...headers, authorization: basicAuthorization(id ?? '', secret ?? '') }
  }
}
