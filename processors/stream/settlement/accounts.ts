// The books of a stream: every message read ends in exactly one of these counters, or is pending. Invariant 3:
// read = delivered + filtered + expired + dead_lettered + held + already_settled + returned + pending.

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
  read = 0
  readonly ended: Record<End, number> = {
    delivered: 0,
    filtered: 0,
    expired: 0,
    dead_lettered: 0,
    held: 0,
    already_settled: 0,
    returned: 0
  }

  end(end: End, messages: number): void {
    this.ended[end] += messages
  }

  /** What must be pending if nothing was miscounted. */
  get owed(): number {
    let owed = this.read
    for (const end of ends) owed -= this.ended[end]
    return owed
  }
}
