// Tells of what ends sessions, without repeating itself: a fault that a person must mend goes to the stream, an
// unreachable Kafka is a warning, and the rebuilding of a consumer that was in its group is always logged.

import { type ErrorCode, FaultError } from '../../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../../schemas/events.ts'
import type { LogConsumerHandlers, LogConsumerOptions } from '../../log.ts'
import { kafkaFault } from '../client.ts'

export class Trouble {
  readonly #options: LogConsumerOptions
  readonly #log: LogEvent
  readonly #handlers: LogConsumerHandlers
  #told: ErrorCode | null = null

  constructor(options: LogConsumerOptions, log: LogEvent, handlers: LogConsumerHandlers) {
    this.#options = options
    this.#log = log
    this.#handlers = handlers
  }

  /** `repeated`: the session before failed as well, so that the same trouble needs no telling. */
  report(error: unknown, about: { readonly wasMember: boolean; readonly repeated: boolean }): void {
    const fault = consumerFault(error)
    const fields = { group: this.#options.group, code: fault.code, reason: fault.message }
    if (about.wasMember) {
      this.#log('consumer_rebuilt', fields)
      this.#options.onRebuilt?.()
    }
    if (about.repeated && fault.code === this.#told) return
    this.#told = fault.code
    if (fault.code === 'kafka_unreachable') this.#log('kafka_waiting', fields)
    else if (fault.code !== 'commit_refused') this.#handlers.onFault(fault)
  }
}

/** What is no fault of Kafka, such as a TypeError inside of kafkajs, ends the consumer all the same. */
function consumerFault(error: unknown): FaultError {
  const fault = kafkaFault(error)
  return fault.code === 'internal'
    ? new FaultError('consumer_failed', { detail: fault.detail ?? fault.message, cause: error })
    : fault
}
