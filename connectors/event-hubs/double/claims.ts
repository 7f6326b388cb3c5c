// Who may send on a connection: the tokens that a client puts to `$cbs` (AMQP claims-based security), each for the one entity that
// it names, until it expires. A token is a signature with the shared access key, or a text that stands for one of Microsoft Entra.

import { createHmac } from 'node:crypto'

export interface ClaimRules {
  readonly keyName: string
  readonly key: string
  /** The JWT that is accepted besides. */
  readonly jwt?: string | undefined
  /** How long a claim lasts that came with a JWT, in ms; default: for ever. */
  readonly jwtLifetimeMs?: number | undefined
  /** Called for each token that is put. */
  readonly put?: () => void
}

/** The application properties and the body of a put-token request. */
interface PutToken {
  readonly type: unknown
  readonly name: unknown
  readonly token: unknown
}

interface Verdict {
  /** 202, or 401. */
  readonly status: number
  readonly description: string
  /** Unix ms. */
  readonly expiresMs: number
}

const refused = (description: string): Verdict => ({ status: 401, description, expiresMs: 0 })

/** What a connection has been allowed, by the entity. */
export class Claims {
  readonly #rules: ClaimRules
  readonly #expiresMs = new Map<string, number>()

  constructor(rules: ClaimRules) {
    this.#rules = rules
  }

  put(request: PutToken, nowMs: number): Verdict {
    this.#rules.put?.()
    const verdict = judge(request, this.#rules, nowMs)
    if (verdict.status === 202) this.#expiresMs.set(entityOf(String(request.name)), verdict.expiresMs)
    return verdict
  }

  /** Whether something may be done with an entity now. */
  hold(entity: string, nowMs: number): boolean {
    return (this.#expiresMs.get(entity) ?? 0) > nowMs
  }
}

function judge({ type, name, token }: PutToken, rules: ClaimRules, nowMs: number): Verdict {
  if (typeof name !== 'string' || typeof token !== 'string')
    return refused('MalformedToken: a name or a token is missing')
  if (type === 'jwt') {
    const expiresMs = nowMs + (rules.jwtLifetimeMs ?? Number.POSITIVE_INFINITY)
    return token === rules.jwt
      ? { status: 202, description: 'Accepted', expiresMs }
      : refused('InvalidToken: not one that is known here')
  }
  if (type !== 'servicebus.windows.net:sastoken') return refused('MalformedToken: of no known type')
  return judgeSignature(token, name, { rules, nowMs })
}

/** `SharedAccessSignature sr=<audience>&sig=<HMAC-SHA256>&se=<Unix s>&skn=<key name>`, each URL-encoded. */
function judgeSignature(
  token: string,
  name: string,
  { rules, nowMs }: { readonly rules: ClaimRules; readonly nowMs: number }
): Verdict {
  const fields = new URLSearchParams(token.replace(/^SharedAccessSignature /, ''))
  const audience = encodeURIComponent(fields.get('sr') ?? '')
  const expiry = fields.get('se') ?? ''
  // The key is used as it is written, not decoded.
  const expected = createHmac('sha256', rules.key).update(`${audience}\n${expiry}`).digest('base64')
  const expiresMs = Number(expiry) * 1_000
  if (fields.get('skn') !== rules.keyName || fields.get('sig') !== expected)
    return refused(`InvalidSignature: The token has an invalid signature: ${token}`)
  if (fields.get('sr') !== name) return refused('InvalidAudience: The token is for another entity')
  if (!(expiresMs > nowMs)) return refused('ExpiredToken: The token is expired')
  return { status: 202, description: 'Accepted', expiresMs }
}

/** The path of an audience: `hub` of `sb://host:port/hub`. */
function entityOf(audience: string): string {
  return /^sb:\/\/[^/]*\/(.*)$/.exec(audience)?.[1] ?? ''
}
