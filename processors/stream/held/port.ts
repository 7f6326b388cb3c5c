// What the held topic needs of its stream.

import type { LogAdmin, LogConsumer, LogProducer } from '../../../connectors/kafka/log/log.ts'
import type { Partition } from '../assignment/partition.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Rejected } from '../dispatch/outcome/aftermath.ts'
import type { Health } from '../health/health.ts'
import type { End } from '../settlement/accounts.ts'
import type { Steps } from '../steps/steps.ts'
import type { HeldOptions } from './held.ts'
import type { HeldNews } from './news.ts'

export interface HeldPort {
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly consumer: Pick<LogConsumer, 'commit'>
  readonly health: Health
  readonly options: HeldOptions
  readonly news: HeldNews
  /** What messages meet that wait as they came. */
  readonly steps: Steps
  /** Nothing is released while the stream is paused. */
  readonly isPaused: boolean
  /** Bytes of one held partition that may be on their way to the target. */
  roomBytes(): number
  /** A partition of a channel that is assigned now. */
  partitionOf(topic: string, partition: number): Partition | undefined
  taken(messages: number): void
  ended(end: End, messages: number): void
  relieved(partition: Partition): void
  rejected(rejected: Rejected): void
  offer(message: Pending): void
  pump(): void
}
