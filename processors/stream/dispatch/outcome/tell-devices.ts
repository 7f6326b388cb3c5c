// Tells what was delivered of each device of a batch, for who keeps a ledger.

import type { Outcome } from '../../../../connectors/connector.ts'
import type { Pending } from '../lane.ts'

/** What a target said of a batch as a whole. */
export function answerIn(outcome: Outcome | readonly Outcome[]): string {
  return 'answer' in outcome ? (outcome.answer ?? '') : ''
}

/** Tells for each device the last of its messages and how many there were. Those of a lane stand together. */
export function tellDevices(
  messages: readonly Pending[],
  answer: string,
  tell: (last: Pending, messages: number, answer: string) => void
): void {
  let count = 0
  messages.forEach((message, at) => {
    count++
    if (messages[at + 1]?.lane === message.lane) return
    tell(message, count, answer)
    count = 0
  })
}
