// Calls to Kafka that fail because a plan says so: before they were carried out, or after, when only the answer is lost.

import { FaultError } from '../../../../../schemas/errors.ts'

type When = 'before' | 'after'

export class Faults {
  /** Until they have stopped for good. */
  areOn = true
  #commits: When[] = []
  #appends: When[] = []
  #adminCalls = 0
  /** Appends wait for it. */
  #shut: Promise<void> | null = null
  #open: () => void = () => {}

  get isShut(): boolean {
    return this.#shut !== null
  }

  /** Appends wait until open(). */
  shut(): void {
    this.#shut ??= new Promise(resolve => {
      this.#open = resolve
    })
  }

  open(): void {
    this.#open()
    this.#shut = null
  }

  failCommits(count: number, when: When): void {
    this.#commits.push(...Array<When>(count).fill(when))
  }

  failAppends(count: number, when: When): void {
    this.#appends.push(...Array<When>(count).fill(when))
  }

  failAdminCalls(count: number): void {
    this.#adminCalls += count
  }

  stop(): void {
    this.areOn = false
    this.open()
    this.#commits = []
    this.#appends = []
    this.#adminCalls = 0
  }

  async adminCall<T>(run: () => Promise<T>): Promise<T> {
    if (this.#adminCalls === 0) return run()
    this.#adminCalls--
    throw new FaultError('kafka_unreachable', { detail: 'ordered by a plan' })
  }

  commit(run: () => Promise<void>): Promise<void> {
    return around(run, this.#commits.shift(), 'kafka_unreachable')
  }

  async append(run: () => Promise<void>): Promise<void> {
    await this.#shut
    return around(run, this.#appends.shift(), 'kafka_unavailable')
  }
}

async function around(
  run: () => Promise<void>,
  when: When | undefined,
  code: 'kafka_unreachable' | 'kafka_unavailable'
): Promise<void> {
  if (when === 'before') throw new FaultError(code, { detail: 'ordered by a plan' })
  await run()
  if (when === 'after') throw new FaultError(code, { detail: 'ordered by a plan, and done' })
}
