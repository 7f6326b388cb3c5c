// Whether what a fleet sent arrived as it must: each message once, and each device in order. A sender that repeats a
// request may store messages twice, which are then owed twice, and what the receiver did not answer is sent again.

import type { Ledger } from '../harness/ledger.ts'

export interface Expected {
  /** How many messages each device has sent. */
  readonly sent: ReadonlyMap<string, number>
  /** Records in the topic. */
  readonly stored: number
  /** Of these messages none may arrive. */
  readonly isBad?: (device: string, seq: number) => boolean
}

/** A sentence for each thing that is not as it must be. */
export function complaintsAbout(ledger: Ledger, { sent, stored, isBad }: Expected): string[] {
  const wrong = { lost: 0, repeated: 0, unwanted: 0, outOfOrder: ledger.outOfOrder }
  let total = 0
  for (const [device, count] of sent) {
    total += count
    for (let seq = 0; seq < count; seq++) {
      const times = ledger.times(device, seq)
      if (isBad?.(device, seq)) wrong.unwanted += times
      else if (times === 0) wrong.lost++
      else wrong.repeated += Math.max(0, times - 1 - ledger.doubts(device, seq))
    }
  }
  wrong.repeated = Math.max(0, wrong.repeated - (stored - total))
  return Object.entries(wrong)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name}: ${count} of ${total} messages`)
}
