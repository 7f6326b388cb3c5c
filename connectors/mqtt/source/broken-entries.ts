// The entries of one payload that are no messages. A few are set aside each by itself. Many, which a sender whose every
// entry is wrong can make out of very few bytes, are set aside together, as arrays of what came: so neither memory nor the
// dead letters of the channel hold many times what was sent.

import type { ErrorCode } from '../../../schemas/errors.ts'

/** So many of a payload are set aside each by itself. */
const mostAlone = 10
/** What is set aside together, unless one entry alone has more. */
const togetherBytes = 65_536
/** Reasons that are told of what is set aside together. */
const mostReasons = 3

export interface BrokenEntry {
  readonly bytes: Buffer
  readonly code: ErrorCode
  readonly detail: string
}

export class BrokenEntries {
  readonly #ended: BrokenEntry[] = []
  #open: BrokenEntry[] = []
  #openBytes = 0
  #count = 0

  add(entry: BrokenEntry): void {
    const bytes = entry.bytes.length + 1
    if (this.#openBytes + bytes > togetherBytes) this.#close()
    this.#open.push(entry)
    this.#openBytes += bytes
    this.#count++
  }

  /** What is to be set aside; nothing is added any more. */
  end(): readonly BrokenEntry[] {
    this.#close()
    return this.#ended
  }

  #close(): void {
    if (this.#count <= mostAlone) this.#ended.push(...this.#open)
    else if (this.#open.length > 0) this.#ended.push(together(this.#open))
    this.#open = []
    this.#openBytes = 0
  }
}

function together(entries: readonly BrokenEntry[]): BrokenEntry {
  const [first] = entries as readonly [BrokenEntry] // whoever calls has at least one
  if (entries.length === 1) return first
  const reasons = new Set<string>()
  for (const { detail } of entries) if (reasons.size < mostReasons) reasons.add(detail)
  const parts = entries.flatMap(({ bytes }, at) => [Buffer.from(at === 0 ? '[' : ','), bytes])
  return {
    bytes: Buffer.concat([...parts, Buffer.from(']')]),
    code: first.code,
    detail: `${entries.length} entries of an array: ${[...reasons].join('; ')}`
  }
}
