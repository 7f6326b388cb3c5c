// The HTTP target: one request per batch, confirmed by its answer alone. It never repeats a request by itself; what an
// answer or a failure means is decided in answer/, what happens then by the engine.

import { FaultError } from '../../schemas/errors.ts'
import type { Batch, Message, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { Attempt, type AttemptSettings } from './answer/attempt.ts'
import { Judge } from './answer/judge.ts'
import { outcomeOfError } from './answer/outcome.ts'
import { TokenServer } from './auth/token-request.ts'
import { Tokens } from './auth/tokens.ts'
import { Requests } from './request/requests.ts'
import type { Transport } from './request/transport.ts'
import { tokenConnectionsOf, transportOf } from './request/transports.ts'
import type { HttpTargetConfig } from './target-config.ts'

export class HttpTarget implements Target {
  readonly limits: TargetLimits
  /** Only where fields of messages stand in path or headers. */
  readonly destination?: (message: Message) => string
  readonly #requests: Requests
  readonly #settings: AttemptSettings
  readonly #transport: Transport
  readonly #tokenServer: TokenServer | null = null
  readonly #tokens: Tokens | null = null

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. By default requests go over the network. */
  constructor(config: HttpTargetConfig, env: TargetEnv, transport?: Transport) {
    const { responseTimeoutMs, bodyTimeoutMs, oauth2 } = config
    this.#requests = new Requests(config, env)
    const { address, format } = this.#requests
    const secure = config.tls === undefined ? (config.http2 ? 'http2' : null) : 'tls'
    if (secure !== null && !address.origin.startsWith('https:'))
      throw new FaultError('config_invalid', { path: secure, detail: 'needs an https url beside it' })
    const maxMessages = format.isSingle ? 1 : config.maxMessages
    // What the format adds counts too: a receiver's limit is one on the body.
    const overheadBytes = format.overheadBytes.body + maxMessages * format.overheadBytes.message
    const maxBytes = Math.max(1, config.maxBytes - overheadBytes)
    const { batchesInFlight, maxConnections: totalBatchesInFlight } = config
    this.limits = {
      maxMessages,
      maxBytes,
      batchesInFlight,
      ...(address.isTemplate && { totalBatchesInFlight })
    }
    if (address.isTemplate) this.destination = message => address.destination(message)
    const judge = new Judge(config)
    this.#settings = { clock: env.clock, responseTimeoutMs, bodyTimeoutMs, judge, mask: env.mask }
    this.#transport = transport ?? transportOf(config, address, env.clock)
    if (oauth2 === undefined) return
    const server = new TokenServer(
      oauth2,
      tokenConnectionsOf(config, { origin: oauth2.tokenUrl, clock: env.clock }),
      responseTimeoutMs
    )
    this.#tokenServer = server
    this.#tokens = new Tokens(env.clock, () => server.fetch())
  }

  /**
   * Connects, TLS included, and sends nothing: an endpoint for POST has no harmless request. Fetches a token, where there
   * are any. Throws a FaultError when nobody answers there.
   */
  async open(signal: AbortSignal): Promise<void> {
    try {
      await this.#transport.try(signal)
      await this.#tokens?.get()
    } catch (cause) {
      const { code, detail } = outcomeOfError(cause, false)
      throw new FaultError(code, { detail: this.#settings.mask.apply(detail), cause })
    }
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    if (signal.aborted) return outcomeOfError(signal.reason, false)
    const attempt = new Attempt(this.#settings, batch.messages, signal)
    let token: string | null = null
    void this.#send(batch, attempt, value => {
      token = value
    })
    const outcome = await attempt.outcome // which does not wait for a token, or a body, when the signal has fired
    return this.#tokens === null ? outcome : this.#ofToken(outcome, token)
  }

  async close(): Promise<void> {
    await this.#tokenServer?.close()
    await this.#transport.close()
  }

  /** In one go where nothing has to be waited for; `using` is told the token that the request has. */
  async #send(batch: Batch, attempt: Attempt, using: (token: string) => void): Promise<void> {
    try {
      const token = this.#tokens === null ? null : await this.#tokens.get()
      if (token !== null) using(token)
      const request = this.#requests.build(batch, token)
      const ready = this.#requests.isSlow ? await this.#requests.compressed(request) : request
      if (!attempt.isSettled) this.#transport.dispatch(ready, attempt)
    } catch (error) {
      attempt.fail(error)
    }
  }

  /** A token that is refused is renewed once; is the new one refused, too, the credentials are. */
  #ofToken(outcome: Outcome | Outcome[], token: string | null): Outcome | Outcome[] {
    if (Array.isArray(outcome) || outcome.kind === 'delivered') this.#tokens?.accepted()
    else if (
      outcome.code === 'http_token_refused' &&
      token !== null &&
      this.#tokens?.refused(token) === false
    )
      return { kind: 'halt', code: 'http_unauthorized', detail: outcome.detail }
    return outcome
  }
}
