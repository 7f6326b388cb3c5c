// A limit of time for calls into kafkajs, which may wait for a dead connection far longer than anybody wants to.

import type { Clock } from '../../../clock.ts'

export interface Deadline {
  readonly clock: Clock
  readonly deadlineMs: number
  /** Called when it passes. */
  onLate?(): void
}

export class NoAnswer extends Error {
  constructor(deadlineMs: number) {
    super(`Kafka gave no answer within ${deadlineMs} ms`)
    this.name = 'NoAnswer'
  }
}

/** Settles as `work` does, or rejects after `deadlineMs`. The work itself goes on. */
export async function withDeadline<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const { clock, deadlineMs } = deadline
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(deadlineMs, () => {
      reject(new NoAnswer(deadlineMs))
      deadline.onLate?.()
    })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    cancel()
  }
}
