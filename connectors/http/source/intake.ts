// One channel's way in: checks a request, reads its messages, and appends them. The order of the checks is the order
// of the answers in README.md: nothing of a body is read before the sender has proved who it is.

import type { IncomingMessage } from 'node:http'
import { FaultError } from '../../../schemas/errors.ts'
import type { Feed, SourceEnv } from '../../connector.ts'
import { type BodyLimits, readBody } from './body.ts'
import type { BudgetShare, ByteBudget } from './budget.ts'
import type { HttpSourceConfig } from './config.ts'
import { type BodyKind, readMessages } from './messages.ts'
import { TokenCheck } from './tokens.ts'

const kinds: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/x-ndjson': 'lines',
  'application/jsonl': 'lines'
}

export class Intake {
  readonly #feed: Feed<HttpSourceConfig>
  readonly #env: SourceEnv
  readonly #budget: ByteBudget
  readonly #limits: BodyLimits
  readonly #tokens: TokenCheck

  constructor(feed: Feed<HttpSourceConfig>, env: SourceEnv, budget: ByteBudget) {
    this.#feed = feed
    this.#env = env
    this.#budget = budget
    const { maxBodyBytes, maxInflatedBytes } = feed.config
    // What never fits is refused for good, or its sender would repeat it for ever.
    this.#limits = { maxBodyBytes, maxInflatedBytes: Math.min(maxInflatedBytes, env.maxBytes) }
    this.#tokens = new TokenCheck(feed.config.tokens ?? [])
  }

  /** The number of messages accepted, once Kafka has them. Rejects with a FaultError. */
  async receive(request: IncomingMessage): Promise<number> {
    if (!this.#tokens.accepts(request.headers.authorization)) throw new FaultError('token_refused')
    const kind = bodyKind(request.headers['content-type'])
    const share = this.#budget.share()
    try {
      return await this.#store(request, kind, share)
    } finally {
      share.release()
    }
  }

  async #store(request: IncomingMessage, kind: BodyKind, share: BudgetShare): Promise<number> {
    const { channel, config, append } = this.#feed
    const body = await readBody(request, this.#limits, share)
    const options = { limits: config, receivedAtMs: this.#env.clock.now() }
    const messages = await readMessages(body, kind, options)
    if (messages.length > 0) await append(messages) // Invariant 6: nothing is answered before this resolved
    const bytes = messages.reduce((sum, message) => sum + message.value.length, 0)
    this.#env.meter.accepted(channel, messages.length, bytes)
    return messages.length
  }
}

function bodyKind(contentType = 'application/json'): BodyKind {
  const [essence = ''] = contentType.split(';', 1)
  const kind = kinds[essence.trim().toLowerCase()]
  if (kind === undefined) throw unsupported(`send ${Object.keys(kinds).join(', ')}`)
  // JSON is UTF-8 (RFC 8259, 8.1); other text that says so of itself would be stored garbled.
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1] ?? 'utf-8'
  if (!/^utf-?8$/i.test(charset)) throw unsupported('send UTF-8')
  return kind
}

function unsupported(detail: string): FaultError {
  return new FaultError('media_type_unsupported', { detail })
}
