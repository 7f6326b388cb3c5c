// What a stream counts while it works. Called once per chunk, batch or commit, never per message. What can be read
// off the stream at any moment (lag, pending, states) is not here: the metrics page asks for it when it is scraped.

import type { ErrorCode, OutcomeKind } from '../../schemas/errors.ts'
import type { End } from './settlement/accounts.ts'

export interface StreamMeter {
  read(messages: number): void
  ended(end: End, messages: number): void
  /** One attempt; `code` is null when everything was delivered. */
  attempted(attempt: {
    outcome: OutcomeKind
    code: ErrorCode | null
    seconds: number
    messages: number
  }): void
  /** `seconds` from Kafka getting the oldest message of a batch to the target's confirmation. */
  confirmed(seconds: number): void
  /** The rate limit kept messages waiting for so long. */
  rateLimited(seconds: number): void
  possibleDuplicates(messages: number): void
  /** Kafka has these dead letters. */
  deadLettered(code: ErrorCode, messages: number): void
  committed(result: 'ok' | 'refused' | 'failed'): void
  /** The stream has halted, or goes on to be halted for another reason. */
  halted(code: ErrorCode): void
  /** The group has told it its partitions. */
  rebalanced(): void
  /** What was in flight has ended, and was committed, before it joined again; that took so long. */
  gated(seconds: number): void
  keyMoved(): void
  /** The books were found not to balance. */
  imbalanced(): void
}

/** Counts nothing: for who only wants what the stream's status says. */
export const silentMeter: StreamMeter = {
  read() {},
  ended() {},
  attempted() {},
  confirmed() {},
  rateLimited() {},
  possibleDuplicates() {},
  deadLettered() {},
  committed() {},
  halted() {},
  rebalanced() {},
  gated() {},
  keyMoved() {},
  imbalanced() {}
}
