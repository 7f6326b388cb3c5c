// The registry of identities of the double, and its check of tokens: written from the documents of the service and apart from
// what makes tokens, so that a mistake there is found out.

import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Identity {
  /** Primary and secondary key in Base64; without any it has one that is derived from the group's. */
  readonly keys?: readonly string[]
  readonly isEnabled?: boolean
  /** SHA-1 thumbprint of the certificate that it shows in place of a token, in hexadecimal digits. */
  readonly thumbprint?: string
}

export interface RegistryOptions {
  /** The host name of the hub. */
  readonly hub: string
  /** Policies that may connect as a device, by name. */
  readonly policies?: Readonly<Record<string, string>>
  readonly groupKey?: string
  /** Whoever asks is registered, unless something else was said of it. */
  readonly knowsAll?: true
}

/** Why nobody is let in; `unknown` is said only by the HTTPS API. */
export type Admission = 'in' | 'unauthorized' | 'unknown'

export class Registry {
  readonly #hub: string
  readonly #policies: Map<string, string>
  readonly #groupKey: string | undefined
  readonly #knowsAll: boolean
  readonly #identities = new Map<string, Identity>()
  readonly #watchers: ((device: string) => void)[] = []

  constructor({ hub, policies = {}, groupKey, knowsAll }: RegistryOptions) {
    this.#hub = hub
    this.#policies = new Map(Object.entries(policies))
    this.#groupKey = groupKey
    this.#knowsAll = knowsAll ?? false
  }

  get hub(): string {
    return this.#hub
  }

  /** Calls back for every identity that changes. */
  watch(changed: (device: string) => void): void {
    this.#watchers.push(changed)
  }

  /** Registers an identity, or changes it. */
  set(device: string, identity: Identity = {}): void {
    this.#identities.set(device, identity)
    for (const changed of this.#watchers) changed(device)
  }

  enable(device: string, isEnabled: boolean): void {
    this.set(device, { ...this.#identities.get(device), isEnabled })
  }

  remove(device: string): void {
    this.#identities.delete(device)
    for (const changed of this.#watchers) changed(device)
  }

  /** Gives a policy another key, as when it was regenerated. */
  setPolicy(name: string, key: string): void {
    this.#policies.set(name, key)
  }

  isEnabled(device: string): boolean {
    return this.#identities.get(device)?.isEnabled ?? this.#has(device)
  }

  /** With a token; the identity must be there and enabled. */
  admit(device: string, token: string, nowMs: number): Admission {
    const fields = fieldsOf(token)
    if (fields === null || fields.expiresS * 1_000 <= nowMs) return 'unauthorized'
    if (decodeURIComponent(fields.resource) !== `${this.#hub}/devices/${device}`) return 'unauthorized'
    const isSigned = this.#keysFor(device, fields.policy).some(key => isSignedWith(key, fields))
    return isSigned ? this.#state(device) : 'unauthorized'
  }

  /** With the thumbprint of a client certificate. */
  admitCertificate(device: string, thumbprint: string): Admission {
    const known = this.#identities.get(device)?.thumbprint
    return known !== undefined && known.toLowerCase() === thumbprint.toLowerCase()
      ? this.#state(device)
      : 'unauthorized'
  }

  #state(device: string): Admission {
    if (!this.#has(device)) return 'unknown'
    return this.isEnabled(device) ? 'in' : 'unauthorized'
  }

  #has(device: string): boolean {
    return this.#knowsAll || this.#identities.has(device)
  }

  #keysFor(device: string, policy: string | null): readonly string[] {
    if (policy !== null) return [this.#policies.get(policy)].filter(key => key !== undefined)
    const { keys } = this.#identities.get(device) ?? {}
    if (keys !== undefined || this.#groupKey === undefined) return keys ?? []
    const group = Buffer.from(this.#groupKey, 'base64')
    return [createHmac('sha256', group).update(device).digest('base64')]
  }
}

interface TokenFields {
  readonly resource: string
  readonly signature: Buffer
  readonly expiresS: number
  readonly policy: string | null
}

/** Null for what is no token. */
function fieldsOf(token: string): TokenFields | null {
  const [scheme, text = ''] = token.split(' ')
  if (scheme !== 'SharedAccessSignature') return null
  const pairs = text.split('&').map(pair => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  const { sr, sig, se, skn } = Object.fromEntries(pairs) as Record<string, string | undefined>
  if (sr === undefined || sig === undefined || !/^\d+$/.test(se ?? '')) return null
  return {
    resource: sr,
    signature: Buffer.from(decodeURIComponent(sig), 'base64'),
    expiresS: Number(se),
    policy: skn === undefined || skn === '' ? null : decodeURIComponent(skn)
  }
}

/** The text that is signed is the resource as it stands in the token, a line feed, and the time. */
function isSignedWith(key: string, { resource, signature, expiresS }: TokenFields): boolean {
  const own = createHmac('sha256', Buffer.from(key, 'base64'))
  const expected = own.update(`${resource}\n${expiresS}`).digest()
  return expected.length === signature.length && timingSafeEqual(expected, signature)
}

/** The Unix ms at which a token ends; 0 for what is none. */
export function tokenEndMs(token: string): number {
  return (fieldsOf(token)?.expiresS ?? 0) * 1_000
}
