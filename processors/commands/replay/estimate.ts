// Counts what a replay has to send, by reading it: keys only, so that it takes seconds for millions of records.

import { systemClock } from '../../../connectors/clock.ts'
import type { LogAdmin, LogRecord } from '../../../connectors/kafka/log/log.ts'
import { grouped, Progress } from '../terminal/progress.ts'
import { matcher, type Part, type Selection } from './range.ts'

export interface Estimate {
  readonly messages: number
  readonly bytes: number
  readonly devices: number
  /** When Kafka got the first and the last of them, in Unix ms; null when there are none. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

const nowhere = { write: () => {} }

export async function estimate(
  admin: LogAdmin,
  parts: readonly Part[],
  { selection, quiet }: { readonly selection: Selection; readonly quiet: boolean }
): Promise<Estimate> {
  const count = new Count(parts.reduce((sum, { from, to }) => sum + to - from, 0))
  const out = quiet ? nowhere : process.stderr
  const output = { clock: systemClock, json: quiet, quiet: !process.stderr.isTTY, out }
  const progress = new Progress(output, () => ({ fields: {}, line: count.line }))
  const matches = matcher(selection)
  progress.start()
  try {
    for (const part of parts) for await (const record of admin.read(part)) count.add(record, matches(record))
  } finally {
    progress.stop({ fields: {}, line: count.line })
  }
  return count.estimate
}

class Count {
  readonly #total: number
  readonly #devices = new Set<string>()
  #read = 0
  #messages = 0
  #bytes = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = 0

  constructor(total: number) {
    this.#total = total
  }

  add({ key, value, timestampMs }: LogRecord, isWanted: boolean): void {
    this.#read++
    if (!isWanted) return
    this.#messages++
    this.#bytes += value?.length ?? 0
    this.#firstMs = Math.min(this.#firstMs, timestampMs)
    this.#lastMs = Math.max(this.#lastMs, timestampMs)
    this.#devices.add(key?.toString() ?? '')
  }

  get line(): string {
    const looked = `${grouped(this.#read)} of ${grouped(this.#total)} records looked at`
    return `Counting: ${looked}, ${grouped(this.#messages)} found`
  }

  get estimate(): Estimate {
    const isNone = this.#messages === 0
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      devices: this.#devices.size,
      firstMs: isNone ? null : this.#firstMs,
      lastMs: isNone ? null : this.#lastMs
    }
  }
}
