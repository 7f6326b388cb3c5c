// The books of a stream: every message read ends in exactly one of these counters, or is pending. Invariant 3:
// read = delivered + filtered + expired + dead_lettered + held + already_settled + returned + pending.

import type { StreamMeter } from '../meter.ts'

export const ends = [
  'delivered',
  'filtered',
  'expired',
  'dead_lettered',
  'held',
  'already_settled',
  'returned'
] as const

export type End = (typeof ends)[number]

export class Accounts {
  readonly ended: Record<End, number> = {
    delivered: 0,
    filtered: 0,
    expired: 0,
    dead_lettered: 0,
    held: 0,
    already_settled: 0,
    returned: 0
  }
  readonly #meter: Pick<StreamMeter, 'read' | 'ended'>
  #read = 0

  constructor(meter: Pick<StreamMeter, 'read' | 'ended'>) {
    this.#meter = meter
  }

  get read(): number {
    return this.#read
  }

  take(messages: number): void {
    this.#read += messages
    this.#meter.read(messages)
  }

  end(end: End, messages: number): void {
    if (messages === 0) return
    this.ended[end] += messages
    this.#meter.ended(end, messages)
  }

  /** What must be pending if nothing was miscounted. */
  get owed(): number {
    let owed = this.#read
    for (const end of ends) owed -= this.ended[end]
    return owed
  }
}
