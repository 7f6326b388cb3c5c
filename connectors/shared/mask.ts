// Keeps configured secrets out of what people read: the other side may repeat what we sent in its answers, and those
// are logged, shown and stored with dead letters.

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
