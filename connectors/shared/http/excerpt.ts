// The beginning of an answer, kept so that a person can see why a target refused. A receiver may echo what we sent,
// so the configured secrets are masked before the text goes anywhere.

import type { Mask } from '../mask.ts'

const keptBytes = 4096
const shownCharacters = 500

/** On one line, as logs want it. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
}

/** The beginning of a line. To be cut after secrets were masked, or half of one might be left. */
export function cutTo(characters: number, line: string): string {
  return line.length > characters ? `${line.slice(0, characters)}…` : line
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
    return cutTo(shownCharacters, onOneLine(safe))
  }
}
