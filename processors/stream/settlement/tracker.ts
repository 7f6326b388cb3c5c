// Which offsets of a partition are still owed to the target. The commit point is the lowest of them, or the next
// offset to read when there is none; it only ever moves forward, over a contiguous run of settled offsets. What is
// settled above it is told as runs, for the commit's metadata.

import type { Run } from './settled-set.ts'

const initialCapacity = 1024

export class Tracker {
  /** The commit point: everything below is settled. Invariant 1 */
  base: number
  /** One past the last offset read. */
  next: number
  /** Rises with everything that a commit would tell. */
  changes = 0
  /** owed[offset mod capacity] = 1 for offsets in [base, next) that are owed; holes and settled ones are 0. */
  #owed = new Uint8Array(initialCapacity)
  /** One past the highest offset that is settled, or holds nothing to deliver. */
  #settledEnd = 0
  /** What was settled before this assignment and has not been read again yet, rising. */
  #before: Run[]

  constructor(position: number, before: readonly Run[] = []) {
    this.base = position
    this.next = position
    this.#before = [...before]
  }

  /** True for an offset that was settled before this assignment; it is read then. Asked in rising order. */
  takeSettled(offset: number): boolean {
    let run = this.#before[0]
    while (run !== undefined && run.to <= offset) {
      this.#before.shift()
      run = this.#before[0]
    }
    if (run === undefined || run.from > offset) return false
    this.owe(offset)
    this.settle(offset)
    return true
  }

  /** Was everything up to `offset` read, or that itself settled before this assignment? */
  isPast(offset: number): boolean {
    return offset < this.next || this.#before.some(({ from, to }) => from <= offset && offset < to)
  }

  /** Notes that `offset` was read and is owed. Offsets come in rising order; gaps are holes of the log. */
  owe(offset: number): void {
    if (this.base === this.next) this.base = offset
    if (offset - this.base >= this.#owed.length) this.#grow(offset)
    this.#owed[offset & (this.#owed.length - 1)] = 1
    this.next = offset + 1
  }

  /** Moves the read position over offsets that hold nothing to deliver. */
  skipTo(next: number): void {
    if (next <= this.next) return
    this.next = next
    this.changes++
    this.#settledEnd = next // what was dropped stays so after a restart, whatever the clock says then
    this.#advance()
  }

  /**
   * Notes that nothing more is owed on `offset`, and moves the commit point if it was the lowest. False, and without
   * effect, when it was not owed: its place may be another offset's by now.
   */
  settle(offset: number): boolean {
    const at = offset & (this.#owed.length - 1)
    if (offset < this.base || this.#owed[at] === 0) return false
    this.#owed[at] = 0
    this.changes++
    if (offset >= this.#settledEnd) this.#settledEnd = offset + 1
    if (offset === this.base) this.#advance()
    return true
  }

  /** What is settled above the commit point, as rising runs. Costs a step per offset of the span. */
  ahead(): Run[] {
    const runs: Run[] = []
    const mask = this.#owed.length - 1
    const end = Math.min(this.next, this.#settledEnd)
    for (let at = this.base; at < end; ) {
      while (at < end && this.#owed[at & mask] === 1) at++
      const from = at
      while (at < end && this.#owed[at & mask] === 0) at++
      if (at > from) runs.push({ from, to: at })
    }
    for (const { from, to } of this.#before)
      if (to > this.next) runs.push({ from: Math.max(from, this.next), to })
    return runs
  }

  #advance(): void {
    const owed = this.#owed
    const mask = owed.length - 1
    let base = this.base
    while (base < this.next && owed[base & mask] === 0) base++
    this.base = base
  }

  /** Doubles the ring until `offset` fits; a power of two, so that a mask replaces the division. */
  #grow(offset: number): void {
    let capacity = this.#owed.length
    while (offset - this.base >= capacity) capacity *= 2
    const grown = new Uint8Array(capacity)
    const end = Math.min(this.next, this.base + this.#owed.length)
    for (let at = this.base; at < end; at++)
      grown[at & (capacity - 1)] = this.#owed[at & (this.#owed.length - 1)] ?? 0
    this.#owed = grown
  }
}
