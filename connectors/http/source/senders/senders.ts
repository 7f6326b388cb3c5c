// Who may send to a channel: those with one of its tokens, those with a JSON Web Token of its issuer, everyone where
// it has neither. A signature, where it is asked for, is checked besides, once the body is there.

import type { IncomingHttpHeaders } from 'node:http'
import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import { WebhookVerifier } from '../../auth/webhook-signature.ts'
import type { HttpSourceConfig } from '../config.ts'
import { JwtCheck } from './jwt.ts'
import type { Pace, Paces } from './pace.ts'
import { Tokens } from './tokens.ts'

export interface Sender {
  /** Null: as fast as it likes. */
  readonly pace: Pace | null
}

/** Who need not prove who it is. */
export const anybody: Sender = { pace: null }

export class Senders {
  readonly #tokens: Tokens
  readonly #jwt: JwtCheck | null
  /** Null: bodies are not signed. */
  readonly signatures: WebhookVerifier | null

  /** `path` is where the configuration stands. Throws `config_invalid`. */
  constructor(config: HttpSourceConfig, path: string, { clock, paces }: { clock: Clock; paces: Paces }) {
    const { tokens = [], senders, jwt, webhookSignature } = config
    const paceOf = (name: string, perSecond: number) => paces.of(`${path}.senders.${name}`, perSecond)
    this.#tokens = new Tokens(tokens, senders, paceOf)
    this.#jwt = jwt === undefined ? null : new JwtCheck(jwt, path, clock)
    this.signatures = webhookSignature === undefined ? null : new WebhookVerifier(webhookSignature.secrets)
  }

  /** Who has sent a request with this token, at once where nothing has to be computed. Throws or rejects with `token_refused`. */
  identify(token: string | undefined): Sender | Promise<Sender> {
    if (this.#tokens.count === 0 && this.#jwt === null) return anybody
    const given = token ?? ''
    const sender = this.#tokens.senderOf(given)
    if (sender !== null) return sender
    if (this.#jwt === null || given === '') throw new FaultError('token_refused')
    return this.#jwt.accept(given)
  }
}

/** The token of an Authorization header (RFC 6750, 2.1). */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Whether a browser sent it for a page (Fetch Metadata, and the Origin of RFC 6454): also one of another site, where nobody meant to. */
export function isOfWebPage({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  return origin !== undefined || (site !== undefined && site !== 'none')
}
