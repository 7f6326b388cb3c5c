// Tells the stream of the trouble that its consumer has with Kafka, without repeating itself, and when it has passed.
// A broker that goes away while others answer is no trouble yet: its partitions get another leader within seconds.

import { type ErrorCode, FaultError } from '../../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../../schemas/events.ts'
import type { Clock } from '../../../../clock.ts'
import type { LogConsumerHandlers, LogConsumerOptions } from '../../log.ts'
import type { TopicPartition } from '../../message.ts'
import { kafkaFault } from '../client.ts'

export interface TroubleEnv {
  readonly clock: Clock
  readonly log: LogEvent
  readonly handlers: LogConsumerHandlers
}

/** Without an answer for so long Kafka counts as away; at rest an answer comes every 1.5 s. */
const silenceMs = 3_000

export class Trouble {
  readonly #options: LogConsumerOptions
  readonly #env: TroubleEnv
  #told: ErrorCode | null = null
  /** The path of what was told last. */
  #place: string | undefined
  #answeredMs: number
  /** Takes back what would be told once the silence has lasted. */
  #cancel: () => void = () => {}

  constructor(options: LogConsumerOptions, env: TroubleEnv) {
    this.#options = options
    this.#env = env
    this.#answeredMs = env.clock.now()
  }

  /** A session is over; `wasMember` if it was in its group, so that the stream was told that all is lost. */
  ended(error: unknown, wasMember: boolean): void {
    this.#cancel()
    const fault = consumerFault(error)
    if (wasMember) {
      this.#told = null
      this.#env.log('consumer_rebuilt', {
        group: this.#options.group,
        code: fault.code,
        reason: fault.message
      })
      this.#options.onRebuilt?.()
    }
    if (fault.code !== 'commit_refused') this.#tell(fault)
  }

  /** The group was joined, which the stream takes for the end of all trouble. */
  joined(): void {
    this.#cancel()
    this.#told = null
    this.#answeredMs = this.#env.clock.now()
  }

  /** A broker answered. */
  answered(): void {
    this.#cancel()
    this.#answeredMs = this.#env.clock.now()
    if (this.#told !== 'kafka_unreachable') return
    this.#told = null
    this.#env.handlers.onRecovered()
  }

  /** Which partitions of this member nobody leads; all others are read. To be told again and again. */
  leaderless(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) {
      const path = partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(', ')
      this.#tell(new FaultError('kafka_no_leader', { path }))
    } else if (this.#told === 'kafka_no_leader') {
      this.#told = null
      this.#env.handlers.onRecovered()
    }
  }

  /** A broker could not be reached: told once none has answered for so long, since kafkajs may not try again for long. */
  unreachable(fault: FaultError): void {
    this.#cancel()
    const { clock } = this.#env
    const leftMs = this.#answeredMs + silenceMs - clock.now()
    if (leftMs <= 0) this.#tell(fault)
    else this.#cancel = clock.after(leftMs, () => this.#tell(fault))
  }

  /** Nothing more is told. */
  close(): void {
    this.#cancel()
  }

  #tell(fault: FaultError): void {
    if (fault.code === this.#told && fault.path === this.#place) return
    this.#told = fault.code
    this.#place = fault.path
    this.#env.handlers.onFault(fault)
  }
}

/** What is no fault of Kafka, such as a TypeError inside of kafkajs, ends the consumer all the same. */
function consumerFault(error: unknown): FaultError {
  const fault = kafkaFault(error)
  return fault.code === 'internal'
    ? new FaultError('consumer_failed', { detail: fault.detail ?? fault.message, cause: error })
    : fault
}
