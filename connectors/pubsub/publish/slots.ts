// How many requests may be under way at the same time, over all batches. Who waits does so in order of arrival, and can be
// told to wait no longer.

export class Slots {
  #free: number
  #waiting: { readonly owner: object; readonly resolve: (isTaken: boolean) => void }[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with true once there is a slot, which must be given back; with false when the owner gave up. */
  take(owner: object): Promise<boolean> | true {
    if (this.#free > 0) {
      this.#free--
      return true
    }
    return new Promise(resolve => this.#waiting.push({ owner, resolve }))
  }

  giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next.resolve(true)
  }

  /** Nothing of this owner waits any longer. */
  giveUp(owner: object): void {
    const given = this.#waiting.filter(one => one.owner === owner)
    this.#waiting = this.#waiting.filter(one => one.owner !== owner)
    for (const { resolve } of given) resolve(false)
  }
}
