// What becomes of an append that Kafka did not take.

import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import { kafkaFault, protocolType, rootCause } from './client.ts'
import type { Verdict } from './partition-queue.ts'

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** Kafka may take the records later. */
export function unavailable(topic: string, detail: string, cause?: unknown): FaultError {
  const path = topic === '' ? {} : { path: topic }
  return new FaultError('kafka_unavailable', { detail, cause, ...path })
}

/** What a failed request means: repeat it, unless Kafka said that it will never take these records. */
export function judge(topic: string, error: unknown): Verdict {
  const type = protocolType(error)
  if (type !== undefined && tooLarge.has(type)) {
    const detail = `${messageOf(rootCause(error))}; others of this append may be stored`
    return {
      fault: new FaultError('body_too_large', { path: topic, detail, cause: error }),
      retry: false,
      alone: true
    }
  }
  const refused = kafkaFault(error).code === 'kafka_unauthorized'
  return { fault: unavailable(topic, messageOf(rootCause(error)), error), retry: !refused, alone: false }
}
