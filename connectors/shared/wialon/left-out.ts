// Tells of fields that a target leaves out: each field once, since what does not fit today does not fit tomorrow, and
// a line for every message would be noise.

import type { LogEvent } from '../../../schemas/events.ts'
import type { LeftOut } from './from-message.ts'

/** Who makes names up has no end of them. */
const maxTold = 200

export class LeftOutTeller {
  readonly #log: LogEvent
  readonly #stream: string
  readonly #told = new Set<string>()

  constructor(log: LogEvent, stream: string) {
    this.#log = log
    this.#stream = stream
  }

  tell(ident: string, leftOut: readonly LeftOut[]): void {
    const fresh = leftOut.filter(({ field, why }) => this.#isNew(`${why} ${field}`))
    if (fresh.length === 0) return
    this.#log('fields_left_out', {
      stream: this.#stream,
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
