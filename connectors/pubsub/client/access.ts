// The access token that every call carries, in Google's libraries' own way: of a service account key it is signed here, of
// default credentials it comes from a token server or the metadata server, and it is renewed there before it expires. One
// that is refused all the same is dropped together with what it was made of, so that the next one is new.

import { createPrivateKey } from 'node:crypto'
import { v1 } from '@google-cloud/pubsub'
import { FaultError } from '../../../schemas/errors.ts'
import { own, parseJson } from '../../shared/json/values.ts'
import { Mask } from '../../shared/mask.ts'
import { tokenFault } from '../outcome.ts'

type ClientOptions = NonNullable<ConstructorParameters<typeof v1.PublisherClient>[0]>
type GoogleAuth = v1.PublisherClient['auth']
export type Credentials = NonNullable<ClientOptions['credentials']>

/** The clouds that Google's partners run have domains of their own. */
export const universe = 'googleapis.com'

/** A token in use. */
export interface Token {
  /** The headers that prove who we are, by name. */
  readonly headers: Readonly<Record<string, string>>
  /** A call with it was let in. */
  wasAccepted: boolean
}

/** What `credentials` of the configuration says. Throws a FaultError `config_invalid`, which quotes nothing of it. */
export function parseCredentials(text: string): Credentials {
  const json = parseJson(text)
  const wrong = (detail: string) => new FaultError('config_invalid', { path: 'credentials', detail })
  if (typeof own(json, 'type') !== 'string')
    throw wrong('must be the JSON text of a key, as "${file:/run/secrets/key.json}" gives it')
  const of = own(json, 'universe_domain') ?? universe
  if (of !== universe) throw wrong(`must be of ${universe}, and are of the cloud ${String(of)}`)
  const key = own(json, 'private_key')
  if (own(json, 'type') === 'service_account') {
    if (typeof own(json, 'client_email') !== 'string') throw wrong('has no client_email')
    if (!isPrivateKey(key)) throw wrong('has no private_key that can be used')
  }
  return json as Credentials // an object with a type; what else it lacks, Google's library says
}

/** What of it must not be seen in any text. */
export function secretsOf(credentials: Credentials | null): Mask {
  const names = ['private_key', 'client_secret', 'refresh_token']
  const values = names.map(name => own(credentials, name))
  return new Mask(values.filter(value => typeof value === 'string'))
}

export class Access {
  /** What Google's client finds the credentials by. */
  readonly auth: GoogleAuth
  #token: Token | null = null

  constructor(options: ClientOptions) {
    this.auth = new v1.PublisherClient(options).auth
  }

  /** Rejects with a FaultError when there is none. */
  async get(): Promise<Token> {
    try {
      const client = await this.auth.getClient()
      const headers = Object.fromEntries(await client.getRequestHeaders())
      if (this.#token?.headers.authorization !== headers.authorization)
        this.#token = { headers, wasAccepted: false }
      return this.#token ?? { headers, wasAccepted: false }
    } catch (error) {
      throw tokenFault(error)
    }
  }

  /** A call with it was refused: no other is made with it. */
  refused(token: Token): void {
    if (this.#token !== token) return
    this.#token = null
    this.auth.cachedCredential = null
  }
}

function isPrivateKey(text: unknown): boolean {
  try {
    return typeof text === 'string' && createPrivateKey(text).type === 'private'
  } catch {
    return false
  }
}
