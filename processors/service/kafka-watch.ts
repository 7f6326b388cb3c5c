// What is asked of Kafka beside the reading, again and again and once for all streams: where partitions end, and what its
// retention may delete before it was delivered.

import type { Clock } from '../../connectors/clock.ts'
import type { LogAdmin } from '../../connectors/kafka/log/log.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { EndsWatch } from './ends-watch.ts'
import { Retention } from './retention/retention.ts'
import type { Streams } from './streams/streams.ts'

export interface KafkaWatchParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly admin: LogAdmin
  readonly streams: Pick<Streams, 'watched' | 'statuses'>
}

export class KafkaWatch {
  readonly retention: Retention
  readonly #ends: EndsWatch

  constructor({ streams, ...parts }: KafkaWatchParts) {
    this.#ends = new EndsWatch({ ...parts, watched: () => streams.watched() })
    this.retention = new Retention({ ...parts, owing: () => streams.statuses() })
  }

  start(): void {
    this.#ends.start()
    this.retention.start()
  }

  /** Resolves once nothing is asked any more: only then may the admin client be closed. */
  async stop(): Promise<void> {
    await Promise.all([this.#ends.stop(), this.retention.stop()])
  }
}
