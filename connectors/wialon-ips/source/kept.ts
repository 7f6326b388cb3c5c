// Remembers which records were set aside lately. Some devices drop a record when they hear what is wrong with it, others
// send it until it is accepted: it must not become a dead letter each time, nor stand in the way of what is behind it.

import { createHash } from 'node:crypto'

/** So many that a fleet of devices with something wrong fits; they take about 1 MB. */
const most = 10_000

export class KeptRecords {
  /** The oldest first. */
  readonly #digests = new Set<string>()

  has(channel: string, ident: string, record: Buffer): boolean {
    return this.#digests.has(digestOf(channel, ident, record))
  }

  add(channel: string, ident: string, record: Buffer): void {
    const [oldest] = this.#digests
    if (this.#digests.size === most && oldest !== undefined) this.#digests.delete(oldest)
    this.#digests.add(digestOf(channel, ident, record))
  }
}

function digestOf(channel: string, ident: string, record: Buffer): string {
  return createHash('sha256')
    .update(JSON.stringify([channel, ident]))
    .update(record)
    .digest('base64')
}
