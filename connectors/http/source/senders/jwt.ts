// Lets in who has a JSON Web Token (RFC 7519) that was signed with one of the keys of a set (RFC 7517): by signature,
// never by a shared secret, with an end of its life, from this issuer, for this audience.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import type { JwtConfig } from '../config.ts'
import type { Sender } from './senders.ts'

/** Signatures by a private key, so that whoever has the set of keys can make no tokens. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519'
]

/** How much the clocks of the issuer and of this machine may differ. */
const toleranceSeconds = 30

export class JwtCheck {
  readonly #config: JwtConfig
  readonly #keys: ReturnType<typeof createLocalJWKSet>
  readonly #clock: Clock

  /** `path` is where the configuration stands. Throws `config_invalid` when the keys are no set of keys. */
  constructor(config: JwtConfig, path: string, clock: Clock) {
    this.#config = config
    this.#clock = clock
    try {
      this.#keys = createLocalJWKSet(JSON.parse(config.keys) as JSONWebKeySet) // which checks it
    } catch (cause) {
      const detail = `must be the text of a JSON Web Key Set ({"keys": [...]}): ${messageOf(cause)}`
      throw new FaultError('config_invalid', { path: `${path}.jwt.keys`, detail, cause })
    }
  }

  /** The sender of a request with this token. Rejects with `token_refused`, which says why to whoever has the token. */
  async accept(token: string): Promise<Sender> {
    const { issuer, audience, claims } = this.#config
    const options = {
      algorithms,
      issuer,
      ...(audience !== undefined && { audience }),
      requiredClaims: ['exp'],
      clockTolerance: toleranceSeconds,
      currentDate: new Date(this.#clock.now())
    }
    const { payload } = await jwtVerify(token, this.#keys, options).catch(refuse)
    for (const [name, wanted] of Object.entries(claims))
      if (!hasClaim(payload, name, wanted))
        throw new FaultError('token_refused', { detail: `its claim ${name} is not the one wanted` })
    return { pace: null }
  }
}

function refuse(error: unknown): never {
  // What jose says of a token is about the token; anything else is a defect.
  if (error instanceof errors.JOSEError)
    throw new FaultError('token_refused', { detail: error.message, cause: error })
  throw error
}

/** A claim is the wanted text, or an array with it; `scope` is a list with blanks between (RFC 8693, 4.2). */
function hasClaim(payload: JWTPayload, name: string, wanted: string): boolean {
  const value = Object.hasOwn(payload, name) ? payload[name] : undefined
  if (Array.isArray(value)) return value.includes(wanted)
  if (typeof value !== 'string') return false
  return value === wanted || (name === 'scope' && value.split(' ').includes(wanted))
}
