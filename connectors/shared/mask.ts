// Keeps the secrets of the configuration out of what people read: the other side may repeat what we sent, and its
// words are logged, shown and stored. One mask is made of a whole configuration; connectors get it for the details of
// their outcomes, and whatever shows something applies it once more.

import { FaultError } from '../../schemas/errors.ts'

const shown = '***'

export class Mask {
  #secrets: readonly string[]

  constructor(secrets: readonly string[]) {
    this.#secrets = [...new Set(secrets.flatMap(formsOf))].filter(secret => secret !== '')
  }

  /** Keeps the secrets of another mask out, too: what was said under the old ones may still come. */
  learn(other: Mask): void {
    this.#secrets = [...new Set([...this.#secrets, ...other.#secrets])]
  }

  /** The text without secrets; what overlaps or touches becomes one `***`. */
  apply(text: string): string {
    const spans = this.#secrets.flatMap(secret => spansOf(secret, text)).sort((a, b) => a.start - b.start)
    let masked = ''
    let end = -1
    for (const span of spans) {
      if (span.start > end) masked += text.slice(Math.max(end, 0), span.start) + shown
      end = Math.max(end, span.end)
    }
    return masked + text.slice(Math.max(end, 0))
  }

  /** For a text that was cut off: also removes what may be the beginning of a secret at its end. */
  applyToCut(text: string): string {
    const masked = this.apply(text).replace(/\ufffd+$/, '')
    const begun = this.#secrets.map(secret => overlap(masked, secret))
    return masked.slice(0, masked.length - Math.max(0, ...begun))
  }

  /** What was thrown, to be thrown on or printed: its words without secrets, and nothing else of it. */
  error(thrown: unknown): Error {
    if (thrown instanceof FaultError) {
      const { code, detail, path } = thrown
      return new FaultError(code, {
        ...(detail !== undefined && { detail: this.apply(detail) }),
        ...(path !== undefined && { path: this.apply(path) })
      })
    }
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    const masked = new Error(this.apply(error.message))
    masked.stack = this.apply(error.stack ?? error.message)
    return masked
  }
}

/** A JSON Web Token, an access token of Google, or the signature of a shared access token of Azure. */
const tokens = /\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?|\bya29\.[\w.-]+|(?<=\bsig=)[^&\s"']+/g

/** The text without access tokens, which are in no configuration and change all the time. */
export function hideTokens(text: string): string {
  return text.replace(tokens, shown)
}

/** How a secret may come back: as it is, on one line, or in the escapes of JSON, of URLs and of HTML. */
function formsOf(secret: string): string[] {
  const line = secret.replace(/\s+/g, ' ').trim()
  const html = line.replace(/[&<>"']/g, character => htmlEscapes[character] ?? character)
  return [secret, line, JSON.stringify(secret).slice(1, -1), html, ...urlForms(line)]
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** As the path and the query of a URL have it; a text that is no Unicode cannot stand there. */
function urlForms(text: string): string[] {
  try {
    return [encodeURIComponent(text), encodeURI(text), new URLSearchParams({ a: text }).toString().slice(2)]
  } catch {
    return []
  }
}

interface Span {
  readonly start: number
  readonly end: number
}

function spansOf(secret: string, text: string): Span[] {
  const spans: Span[] = []
  for (let start = text.indexOf(secret); start !== -1; start = text.indexOf(secret, start + 1)) {
    spans.push({ start, end: start + secret.length })
  }
  return spans
}

/** The most characters with which `text` ends and `secret` begins. */
function overlap(text: string, secret: string): number {
  let length = Math.min(text.length, secret.length - 1)
  while (length > 0 && !text.endsWith(secret.slice(0, length))) length--
  return length
}
