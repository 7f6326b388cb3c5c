// The beginning of an answer, kept so that a person can see why a target refused. A receiver may echo what we sent,
// so the configured secrets are masked before the text goes anywhere.

const keptBytes = 4096
const shownCharacters = 500
/** Shorter values would mask half of every text and protect nothing. */
const minSecretLength = 4

/** Replaces secrets in a text; made once per target. */
export class Mask {
  readonly #secrets: readonly string[]

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1)])
    const long = [...new Set(all)].filter(secret => secret.length >= minSecretLength)
    // The longest first: one secret may contain another.
    this.#secrets = long.sort((a, b) => b.length - a.length)
  }

  apply(text: string): string {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  }

  /** For a text that was cut off: also removes what may be the beginning of a secret at its end. */
  applyToCut(text: string): string {
    const masked = this.apply(text).replace(/\ufffd+$/, '')
    const begun = this.#secrets.map(secret => overlap(masked, secret))
    return masked.slice(0, masked.length - Math.max(0, ...begun))
  }
}

/** The most characters with which `text` ends and `secret` begins. */
function overlap(text: string, secret: string): number {
  let length = Math.min(text.length, secret.length - 1)
  while (length > 0 && !text.endsWith(secret.slice(0, length))) length--
  return length
}

/** Collects the first bytes of a body. */
export class Excerpt {
  #chunks: Buffer[] = []
  #kept = 0
  #cut = false

  add(chunk: Buffer): void {
    const room = keptBytes - this.#kept
    if (chunk.length > room) this.#cut = true
    if (room <= 0) return
    this.#chunks.push(chunk.subarray(0, room))
    this.#kept += Math.min(chunk.length, room)
  }

  /** At most 500 characters on one line, without secrets. */
  text(mask: Mask): string {
    const raw = Buffer.concat(this.#chunks).toString('utf8')
    const safe = this.#cut ? mask.applyToCut(raw) : mask.apply(raw)
    const line = safe.replace(/[\p{Cc}\s]+/gu, ' ').trim()
    return line.length > shownCharacters ? `${line.slice(0, shownCharacters)}…` : line
  }
}
