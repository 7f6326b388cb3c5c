// A process that may be stopped for a while and go on as if nothing had been (SIGSTOP): what happens meanwhile it hears of
// afterwards, in order, and one thing after the other, as from an event loop.

import type { Clock } from '../../../../../connectors/clock.ts'

export class Freeze {
  readonly #clock: Pick<Clock, 'after'>
  #waiting: (() => void)[] | null = null

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock
  }

  get isOn(): boolean {
    return this.#waiting !== null
  }

  start(): void {
    this.#waiting ??= []
  }

  end(): void {
    const run = this.#waiting?.shift()
    if (run === undefined) {
      this.#waiting = null
      return
    }
    run()
    this.#clock.after(0, () => this.end())
  }

  /** Runs it now, or when the process goes on. */
  run(fn: () => void): void {
    if (this.#waiting === null) fn()
    else this.#waiting.push(fn)
  }

  over(): Promise<void> {
    return new Promise(resolve => this.run(resolve))
  }
}
