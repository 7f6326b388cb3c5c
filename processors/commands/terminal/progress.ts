// What a long-running command shows while it runs: on a terminal one line that keeps changing, elsewhere a line when
// there is news, with --json one object a second, and nothing with --quiet.

import type { Clock } from '../../../connectors/clock.ts'
import { cutLine } from './cut-line.ts'

const intervalMs = 1000
const clearLine = '\r\u001b[2K'

export interface ProgressOptions {
  readonly clock: Clock
  readonly json: boolean
  readonly quiet: boolean
  /** Standard output, or what stands in for it. */
  readonly out: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
}

/** What is shown, as the one who counts sees it. */
export interface Report {
  /** For --json. */
  readonly fields: Readonly<Record<string, unknown>>
  /** For people. */
  readonly line: string
}

export class Progress {
  readonly #options: ProgressOptions
  readonly #report: () => Report
  #cancel: () => void = () => {}
  #shown = ''

  constructor(options: ProgressOptions, report: () => Report) {
    this.#options = options
    this.#report = report
  }

  /** Says something that is not progress: above the changing line, and not at all with --json. */
  say(text: string): void {
    if (this.#options.json) return
    this.#options.out.write(`${this.#isLive() ? clearLine : ''}${text}\n`)
  }

  /** Reports now, and then every second. */
  start(): void {
    this.#show()
    this.#cancel = this.#options.clock.after(intervalMs, () => this.start())
  }

  /** Ends with a report on the whole run. */
  stop(end: Report): void {
    this.#cancel()
    if (this.#options.json) this.#writeJson(end)
    else this.say(end.line)
  }

  #show(): void {
    const { json, quiet, out } = this.#options
    const report = this.#report()
    if (json) {
      this.#writeJson(report)
      return
    }
    const { line } = report
    if (quiet || line === this.#shown) return
    this.#shown = line
    if (this.#isLive()) out.write(clearLine + cutLine(line, out.columns))
    else out.write(`${line}\n`)
  }

  #writeJson({ fields }: Report): void {
    this.#options.out.write(`${JSON.stringify(fields)}\n`)
  }

  #isLive(): boolean {
    const { json, quiet, out } = this.#options
    return out.isTTY === true && !json && !quiet
  }
}

/** How many a second. Time counts from its making. */
export class RateMeter {
  readonly #clock: Clock
  readonly #startMs: number
  #atMs: number
  #total = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.now()
    this.#atMs = this.#startMs
  }

  /** Over the time since it was last asked. */
  next(total: number): number {
    const rate = this.#rate(total - this.#total, this.#atMs)
    this.#atMs = this.#clock.now()
    this.#total = total
    return rate
  }

  /** Over all of the time. */
  mean(total: number): number {
    return this.#rate(total, this.#startMs)
  }

  #rate(count: number, sinceMs: number): number {
    return Math.round(count / Math.max(0.001, (this.#clock.now() - sinceMs) / 1000))
  }
}

/** `12,345`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}
