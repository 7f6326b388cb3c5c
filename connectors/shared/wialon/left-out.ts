// Tells of fields that are left out on the way, or parts of them: each field once, since what does not fit today does not fit tomorrow, and
// a line for every message would be noise.

import type { LogEvent } from '../../../schemas/events.ts'
import type { LeftOut } from './from-message.ts'

/** Who makes names up has no end of them, and may make them long. */
const maxTold = 200
const maxToldLength = 100

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
    const fresh = new Map<string, string>()
    for (const { field, why } of leftOut) {
      if (this.#told.size === maxTold) break
      const name = shortened(field)
      const entry = `${why} ${name}`
      if (this.#told.has(entry)) continue
      this.#told.add(entry)
      const other = fresh.get(name)
      fresh.set(name, other === undefined ? why : `${other}, ${why}`)
    }
    if (fresh.size === 0) return
    this.#log('fields_left_out', {
      ...this.#where,
      ident: shortened(ident),
      fields: Object.fromEntries(fresh),
      ...(this.#told.size === maxTold && { told: 'this is the last line about it' })
    })
  }
}

function shortened(text: string): string {
  return text.length <= maxToldLength ? text : `${text.slice(0, maxToldLength)}…`
}
