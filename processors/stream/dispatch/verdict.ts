// What an attempt's outcomes mean for its messages: which are settled, which are still owed, and the failure to act
// on. A message counts as delivered only if no earlier message of its device in the batch failed. Invariant 2

import type { Failure, Message, Outcome } from '../../../connectors/connector.ts'

export interface Verdict {
  /** Still owed, in order. */
  readonly owed: readonly Message[]
  /** The gravest failure; null when everything was delivered. */
  readonly failure: Failure | null
}

const gravity: Readonly<Record<Failure['kind'], number>> = {
  unsent: 1,
  retry: 2,
  unknown: 3,
  reject: 4,
  halt: 5
}

export function judge(messages: readonly Message[], outcome: Outcome | readonly Outcome[]): Verdict {
  if (isList(outcome)) return judgeEach(messages, outcome)
  return outcome.kind === 'delivered' ? { owed: [], failure: null } : { owed: messages, failure: outcome }
}

function judgeEach(messages: readonly Message[], outcomes: readonly Outcome[]): Verdict {
  const owed: Message[] = []
  const blocked = new Set<string | null>()
  let failure: Failure | null = null
  for (const [at, message] of messages.entries()) {
    const outcome = outcomes[at]
    const key = message.key()
    if (outcome?.kind === 'delivered' && !blocked.has(key)) continue
    blocked.add(key)
    owed.push(message)
    if (outcome === undefined || outcome.kind === 'delivered') continue
    if (failure === null || gravity[outcome.kind] > gravity[failure.kind]) failure = outcome
  }
  return { owed, failure }
}

function isList(outcome: Outcome | readonly Outcome[]): outcome is readonly Outcome[] {
  return Array.isArray(outcome)
}
