// Tells of fields that are left out on the way: each field once, since what does not fit today does not fit tomorrow, and
// a line for every message would be noise.

import type { LogEvent } from '../../../schemas/events.ts'
import type { LeftOut } from './from-message.ts'

/** Who makes names up has no end of them. */
const maxTold = 200

export class LeftOutTeller {
  readonly #log: LogEvent
  readonly #where: Readonly<Record<string, string>>
  readonly #told = new Set<string>()

  /** `where` is the stream or the channel, as it is to stand in the line. */
  constructor(log: LogEvent, where: Readonly<Record<string, string>>) {
    this.#log = log
    this.#where = where
  }

  tell(ident: string, leftOut: readonly LeftOut[]): void {
    const fresh = leftOut.filter(({ field, why }) => this.#isNew(`${why} ${field}`))
    if (fresh.length === 0) return
    this.#log('fields_left_out', {
      ...this.#where,
      ident,
      fields: Object.fromEntries(fresh.map(({ field, why }) => [field, why])),
      ...(this.#told.size === maxTold && { told: 'this is the last line about it' })
    })
  }

  #isNew(entry: string): boolean {
    if (this.#told.has(entry) || this.#told.size === maxTold) return false
    this.#told.add(entry)
    return true
  }
}
