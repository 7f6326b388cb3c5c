// What a long-running command shows while it runs: on a terminal one line that keeps changing, elsewhere a line when
// there is news, with --json one object a second, and nothing with --quiet.

import type { Clock } from '../../../connectors/clock.ts'

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

  /** Ends with a summary: the last object with --json, else these words. */
  stop(summary: string): void {
    this.#cancel()
    if (this.#options.json) this.#writeJson()
    else this.say(summary)
  }

  #show(): void {
    const { json, quiet, out } = this.#options
    if (json) {
      this.#writeJson()
      return
    }
    const { line } = this.#report()
    if (quiet || line === this.#shown) return
    this.#shown = line
    if (this.#isLive()) out.write(clearLine + line.slice(0, (out.columns ?? 80) - 1))
    else out.write(`${line}\n`)
  }

  #writeJson(): void {
    this.#options.out.write(`${JSON.stringify(this.#report().fields)}\n`)
  }

  #isLive(): boolean {
    const { json, quiet, out } = this.#options
    return out.isTTY === true && !json && !quiet
  }
}

/** Per second, over the time since it was last asked. */
export class RateMeter {
  readonly #clock: Clock
  #atMs: number
  #total = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#atMs = clock.now()
  }

  next(total: number): number {
    const nowMs = this.#clock.now()
    const seconds = Math.max(0.001, (nowMs - this.#atMs) / 1000)
    const perSecond = Math.round((total - this.#total) / seconds)
    this.#atMs = nowMs
    this.#total = total
    return perSecond
  }
}

/** `12,345`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}
