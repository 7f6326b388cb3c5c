// Judges the numbers that messages carry (`sequence`), over all requests that the target ever gets, by whatever process and
// with whatever answer: a device has no gap and uses no number twice, a message that comes again has its number, and the
// numbers are in the order of sending.

export class NumberJudge {
  readonly #wrong: (what: string) => void
  readonly #last = new Map<number, number>()
  readonly #byMessage = new Map<string, number>()

  constructor(wrong: (what: string) => void) {
    this.#wrong = wrong
  }

  /** A request holds the message. */
  requested(device: number, id: string, number: unknown): void {
    if (typeof number !== 'number') {
      this.#wrong(`${id} has no number`)
      return
    }
    const known = this.#byMessage.get(id)
    if (known !== undefined) {
      if (known !== number) this.#wrong(`${id} had the number ${known}, and comes again with ${number}`)
      return
    }
    const next = (this.#last.get(device) ?? 0) + 1
    if (number !== next) this.#wrong(`${id} has the number ${number}, and the next of its device is ${next}`)
    this.#last.set(device, number)
    this.#byMessage.set(id, number)
  }

  /** It is kept elsewhere, with what a header says. */
  kept(id: string, header: string | undefined): void {
    const known = this.#byMessage.get(id)
    if (known !== undefined && String(known) !== header)
      this.#wrong(`${id} has the number ${known}, and is kept with ${header}`)
  }
}
