// When a token expires that says so itself: a JSON Web Token, or a shared access signature of Azure.

/** Header, claims and signature (RFC 7519); both of the first are JSON, so they begin with {" in base64url. */
const webToken = /\beyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]*/

/** `se` is the expiry, in Unix seconds or ISO 8601, as in `SharedAccessSignature sr=...&sig=...&se=1767225600`. */
const signedUntil = /(?:^|[?&\s;=])se=([^&\s;"']+)/

/** In Unix ms; null where the text is no token, or one that does not tell. */
export function tokenEnd(text: string): number | null {
  return webTokenEnd(text) ?? accessSignatureEnd(text)
}

function webTokenEnd(text: string): number | null {
  const [, claims] = webToken.exec(text) ?? []
  if (claims === undefined) return null
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    return typeof exp === 'number' ? usable(exp * 1_000) : null
  } catch {
    return null
  }
}

function accessSignatureEnd(text: string): number | null {
  if (!/\bsig=/.test(text)) return null
  const [, end = ''] = signedUntil.exec(text) ?? []
  return usable(/^\d+$/.test(end) ? Number(end) * 1_000 : Date.parse(end.replaceAll(/%3a/gi, ':')))
}

/** What is no time that a date can have is not told. */
function usable(ms: number): number | null {
  return Number.isNaN(new Date(ms).getTime()) ? null : ms
}
