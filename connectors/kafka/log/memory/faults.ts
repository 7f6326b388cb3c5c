// Faults to order from a memory log: what happens on a real cluster at moments that no test can choose there.

/** When an append that fails was stored: on Kafka an answer may get lost as well as a request. */
export type FailedAppend = 'before' | 'after'

/** A gate that calls wait at while it is shut. */
class Gate {
  #shut: PromiseWithOpen | undefined

  shut(): void {
    this.#shut ??= promiseWithOpen()
  }

  open(): void {
    this.#shut?.open()
    this.#shut = undefined
  }

  /** Resolves at once while the gate is open. */
  async pass(): Promise<void> {
    await this.#shut?.opened
  }
}

interface PromiseWithOpen {
  readonly opened: Promise<void>
  open(): void
}

function promiseWithOpen(): PromiseWithOpen {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

export class MemoryFaults {
  /** Appends, commits and joins wait while their gate is shut. */
  readonly appends = new Gate()
  readonly commits = new Gate()
  readonly joins = new Gate()
  #failedAppends: FailedAppend[] = []
  #failedCommits = 0
  #failedAdminCalls = 0

  /** The next `count` appends reject with `kafka_unavailable`, before or after they were stored. */
  failAppends(count: number, when: FailedAppend): void {
    for (let i = 0; i < count; i++) this.#failedAppends.push(when)
  }

  /** The next `count` commits reject with `kafka_unreachable`. */
  failCommits(count: number): void {
    this.#failedCommits += count
  }

  /** The next `count` calls of an admin reject with `kafka_unreachable`. */
  failAdminCalls(count: number): void {
    this.#failedAdminCalls += count
  }

  takeFailedAppend(): FailedAppend | undefined {
    return this.#failedAppends.shift()
  }

  takeFailedCommit(): boolean {
    if (this.#failedCommits === 0) return false
    this.#failedCommits--
    return true
  }

  takeFailedAdminCall(): boolean {
    if (this.#failedAdminCalls === 0) return false
    this.#failedAdminCalls--
    return true
  }
}
