// Whose fault it is when the hub does not let a device in. It says the same of a device that is unknown or disabled and of a
// key that is wrong for all; only what becomes of the others tells them apart:
//
//   others are let in                        this device, which waits while the others go on
//   so many in a row, and none let in        all: the key of the policy or group, the clock, the host
//   nobody was ever let in, one key for all  all, unless one of those that are being asked now is let in
//
// A confirmation on a connection that stands counts like a device that is let in. Only with one key for all it says nothing of
// devices that had been let in themselves: the key may have been changed since. Connections that are hung up on are counted by themselves: an outage does not make a refusal everybody's.
// A few devices may be held for what turns out to be everybody's fault; they go on with the others once it is mended.

import type { Clock } from '../clock.ts'
import { RefusedInARow } from '../shared/publishing/refused-in-a-row.ts'

/** More than most fleets have, so that only devices that never come back are forgotten. */
const remembered = 200_000
/** How long those that are being asked are waited for: a hub that is slow is no reason to halt. */
const patienceMs = 20_000

export type Blame = 'device' | 'all'

/** How a device was kept out. */
export type Way = 'refused' | 'hungUp'

export class Jury {
  readonly #clock: Clock
  /** One key stands behind all devices. */
  readonly #isShared: boolean
  #isAnyKnown = false
  /** Devices that had been let in, if they have one key. */
  readonly #letInBefore = new Set<string>()
  /** Devices that are being asked. */
  #asked = 0
  readonly #out: Readonly<Record<Way, RefusedInARow>> = {
    refused: new RefusedInARow(),
    hungUp: new RefusedInARow()
  }
  /** Those that wait for what becomes of the others. */
  readonly #waiting = new Set<(blame: Blame) => void>()

  constructor(clock: Clock, isShared: boolean) {
    this.#clock = clock
    this.#isShared = isShared
  }

  /** Looks on while the hub is asked about a device; `isIn` says whether it was let in. */
  async watch<T>(device: string, asking: Promise<T>, isIn: (answer: T) => boolean): Promise<T> {
    this.#asked++
    let wasLetIn = false
    try {
      const answer = await asking
      wasLetIn = isIn(answer)
      return answer
    } finally {
      this.#asked--
      if (wasLetIn) this.#letIn(device)
      else this.#decideAlone()
    }
  }

  /** Something was confirmed on a connection that stands. */
  confirmed(): void {
    for (const out of Object.values(this.#out)) out.excuse(device => !this.#letInBefore.has(device))
  }

  /** A device was kept out. Resolves at once when the signal fires. */
  async blameFor(device: string, way: Way, signal: AbortSignal): Promise<Blame> {
    const out = this.#out[way]
    out.refused(device)
    if (out.isMany) {
      this.#decide('all')
      return 'all'
    }
    if (this.#isAnyKnown || !this.#isShared) return 'device'
    return this.#wait(signal)
  }

  /** Nobody is to wait any longer. */
  close(): void {
    this.#decide('all')
  }

  #letIn(device: string): void {
    this.#isAnyKnown = true
    for (const out of Object.values(this.#out)) out.taken(device)
    if (this.#isShared) this.#remember(device)
    this.#decide('device')
  }

  #remember(device: string): void {
    this.#letInBefore.delete(device)
    this.#letInBefore.add(device)
    const [oldest] = this.#letInBefore
    if (this.#letInBefore.size > remembered && oldest !== undefined) this.#letInBefore.delete(oldest)
  }

  /** When nobody else is being asked any more. */
  #decideAlone(): void {
    if (this.#asked === 0) this.#decide('all')
  }

  #decide(blame: Blame): void {
    for (const settle of this.#waiting) settle(blame)
  }

  #wait(signal: AbortSignal): Promise<Blame> {
    return new Promise(resolve => {
      const settle = (blame: Blame) => {
        this.#waiting.delete(settle)
        cancel()
        signal.removeEventListener('abort', giveUp)
        resolve(blame)
      }
      const giveUp = () => settle('all')
      const cancel = this.#clock.after(patienceMs, giveUp)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.add(settle)
      if (signal.aborted) giveUp()
      else this.#decideAlone()
    })
  }
}
