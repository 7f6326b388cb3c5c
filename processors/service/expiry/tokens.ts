// When a token expires that says so itself: a JSON Web Token, or a shared access signature of Azure.

import type { Validity } from './validity.ts'

/** Header, claims and signature (RFC 7519); both of the first are JSON, so they begin with {" in base64url. */
const webToken = /\beyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]*/

/** `se` is the expiry, in Unix seconds or ISO 8601, as in `SharedAccessSignature sr=...&sig=...&se=1767225600`. */
const signedUntil = /(?:^|[?&\s;=])se=([^&\s;"']+)/

/** Null where the text is no token, or one that does not tell. */
export function tokenValidity(text: string): Validity | null {
  return webTokenValidity(text) ?? accessSignatureValidity(text)
}

function webTokenValidity(text: string): Validity | null {
  const [, claims] = webToken.exec(text) ?? []
  if (claims === undefined) return null
  try {
    const { exp, iat, nbf } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const from = typeof iat === 'number' ? iat : nbf
    return typeof exp === 'number'
      ? usable(exp * 1_000, typeof from === 'number' ? from * 1_000 : null)
      : null
  } catch {
    return null
  }
}

function accessSignatureValidity(text: string): Validity | null {
  if (!/\bsig=/.test(text)) return null
  const [, end = ''] = signedUntil.exec(text) ?? []
  return usable(/^\d+$/.test(end) ? Number(end) * 1_000 : Date.parse(end.replaceAll(/%3a/gi, ':')))
}

/** What is no time that a date can have is not told. */
function usable(endMs: number, fromMs: number | null = null): Validity | null {
  if (Number.isNaN(new Date(endMs).getTime())) return null
  return { endMs, lifeMs: fromMs === null || fromMs >= endMs ? null : endMs - fromMs }
}
