// The HTTP target: one POST per batch, confirmed by its answer alone. It never repeats a request by itself; what an
// answer or a failure means is decided in outcome.ts, what happens then by the engine.

import { createHash } from 'node:crypto'
import { FaultError } from '../../schemas/errors.ts'
import type { Batch, Message, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { outcomeOfError } from './outcome.ts'
import { Attempt, type AttemptSettings } from './request/attempt.ts'
import { arrayBody, ndjsonBody } from './request/body.ts'
import { SocketTransport, type Transport } from './request/transport.ts'
import type { HttpTargetConfig } from './target-config.ts'

const formats = {
  array: { contentType: 'application/json', build: arrayBody },
  ndjson: { contentType: 'application/x-ndjson', build: ndjsonBody }
}

export class HttpTarget implements Target {
  readonly limits: TargetLimits
  readonly #buildBody: (messages: readonly Message[]) => Buffer
  readonly #url: URL
  /** Name, value, name, value, ...: what undici takes fastest. */
  readonly #headers: readonly string[]
  readonly #settings: AttemptSettings
  readonly #replay: string
  readonly #transport: Transport

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. By default requests go over the network. */
  constructor(config: HttpTargetConfig, env: TargetEnv, transport?: Transport) {
    const url = new URL(config.url)
    checkTogether(config, url)
    // Brackets and commas count too: a receiver's limit is one on the body.
    const maxBytes = Math.max(1, config.maxBytes - config.maxMessages - 1)
    this.limits = { maxMessages: config.maxMessages, maxBytes, batchesInFlight: config.batchesInFlight }
    this.#buildBody = formats[config.format].build
    this.#url = url
    this.#headers = headersOf(config, env)
    this.#replay = env.replay ?? ''
    this.#settings = {
      clock: env.clock,
      responseTimeoutMs: config.responseTimeoutMs,
      bodyTimeoutMs: config.bodyTimeoutMs,
      rules: {
        success: config.success === undefined ? null : new Set(config.success),
        refusesDevice: new Set(config.refusesDevice)
      },
      mask: env.mask
    }
    this.#transport = transport ?? new SocketTransport(config, env.clock)
  }

  /**
   * Connects, TLS included, and sends nothing: an endpoint for POST has no harmless request. Throws a FaultError when
   * nobody answers there.
   */
  async open(signal: AbortSignal): Promise<void> {
    try {
      await this.#transport.try(this.#url, signal)
    } catch (cause) {
      const { code, detail } = outcomeOfError(cause, false)
      throw new FaultError(code, { detail: this.#settings.mask.apply(detail), cause })
    }
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return outcomeOfError(signal.reason, false)
    const attempt = new Attempt(this.#settings, signal)
    const body = this.#buildBody(batch.messages)
    const headers = [...this.#headers, 'idempotency-key', idempotencyKey(batch.messages, this.#replay)]
    const path = this.#url.pathname + this.#url.search
    this.#transport.dispatch({ path, method: 'POST', headers, body }, attempt)
    return attempt.outcome
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }
}

/**
 * The same for every attempt with the same messages, whichever process makes it: a hash of where each of them is in
 * Kafka, and of the replay, which is meant to arrive once more. Offsets as numbers, and a partition's name only where it changes, as this is done for every message.
 */
function idempotencyKey(messages: readonly Message[], replay: string): string {
  const offsets = new Float64Array(messages.length)
  let origins = ''
  let last: Message['origin'] | undefined
  // Not over entries(): that makes an array of every message.
  messages.forEach(({ origin, offset }, at) => {
    offsets[at] = offset
    if (origin === last) return
    last = origin
    origins += `${at}:${origin.topic}-${origin.partition}\n`
  })
  return createHash('sha256').update(replay).update(origins).update(offsets).digest('hex')
}

function headersOf(config: HttpTargetConfig, { replay }: TargetEnv): string[] {
  const headers = new Map([
    ['content-type', formats[config.format].contentType],
    ['user-agent', 'tailrace']
  ])
  if (config.bearer !== undefined) headers.set('authorization', `Bearer ${config.bearer}`)
  for (const [name, value] of Object.entries(config.headers)) headers.set(name.toLowerCase(), value)
  if (replay !== undefined) headers.set('tailrace-replay', replay)
  return [...headers].flat()
}

function checkTogether(config: HttpTargetConfig, url: URL): void {
  const names = Object.keys(config.headers).map(name => name.toLowerCase())
  if (config.bearer !== undefined && names.includes('authorization')) {
    throw new FaultError('config_invalid', {
      path: 'headers',
      detail: 'must not have an authorization beside bearer, which sets it'
    })
  }
  if (new Set(names).size < names.length) {
    throw new FaultError('config_invalid', {
      path: 'headers',
      detail: 'has one header twice: upper and lower case are the same'
    })
  }
  if (config.tls !== undefined && url.protocol !== 'https:') {
    throw new FaultError('config_invalid', { path: 'tls', detail: 'needs an https url beside it' })
  }
}
