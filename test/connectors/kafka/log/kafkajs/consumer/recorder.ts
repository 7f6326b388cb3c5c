// A member that writes down what its consumer tells it, for tests of the consumer.

import { systemClock } from '../../../../../../connectors/clock.ts'
import { Allowance } from '../../../../../../connectors/kafka/log/kafkajs/arriving/allowance.ts'
import { KafkajsConsumer } from '../../../../../../connectors/kafka/log/kafkajs/consumer/consumer.ts'
import type { Assignment, LogConsumerHandlers } from '../../../../../../connectors/kafka/log/log.ts'
import type { KafkaConfig } from '../../../../../../schemas/config.ts'
import type { FaultError } from '../../../../../../schemas/errors.ts'
import type { EventName } from '../../../../../../schemas/events.ts'

export interface RecorderOptions {
  readonly config: KafkaConfig
  readonly group: string
  readonly topic: string
  readonly birthMs?: number
  /** Added partitions are resumed at once, at the beginning. */
  readonly greedy?: boolean
}

export class Recorder {
  readonly consumer: KafkajsConsumer
  readonly assignments: Assignment[] = []
  /** `partition/offset`, as they came. */
  readonly records: string[] = []
  readonly lostPositions: string[] = []
  readonly faults: FaultError[] = []
  readonly events: EventName[] = []
  /** Drains and assignments in their order. */
  readonly sequence: ('drained' | 'assigned')[] = []
  recoveries = 0
  revocations = 0
  /** What to do before a join; may take time. */
  onRevoking: () => Promise<void> = async () => {}
  /** Told of every chunk before it is read. */
  onChunk: () => void = () => {}
  readonly #greedy: boolean

  constructor({ config, group, topic, birthMs = 0, greedy = true }: RecorderOptions) {
    this.#greedy = greedy
    this.consumer = new KafkajsConsumer(
      config,
      { group, topics: [topic], birthMs: () => birthMs, maxFetchBytes: () => 1 << 20 },
      {
        log: name => this.events.push(name),
        clock: systemClock,
        arriving: new Allowance(4 << 20, systemClock)
      }
    )
  }

  get last(): Assignment | undefined {
    return this.assignments.at(-1)
  }

  /** The numbers of the partitions assigned now. */
  get partitions(): number[] {
    const { added = [], kept = [] } = this.last ?? {}
    return [...added, ...kept].map(({ partition }) => partition).toSorted((a, b) => a - b)
  }

  start(): Promise<void> {
    return this.consumer.start(this.#handlers())
  }

  #handlers(): LogConsumerHandlers {
    return {
      onAssigned: assignment => {
        this.assignments.push(assignment)
        this.sequence.push('assigned')
        if (!this.#greedy) return
        for (const origin of assignment.added) this.consumer.seek(origin, 0)
        this.consumer.resume(assignment.added)
      },
      onRevoking: async () => {
        this.revocations++
        await this.onRevoking()
        this.sequence.push('drained')
      },
      onRecords: chunk => {
        this.onChunk()
        while (chunk.next()) this.records.push(`${chunk.origin.partition}/${chunk.offset}`)
      },
      onPositionLost: ({ partition }, position) => this.lostPositions.push(`${partition}/${position}`),
      onFault: fault => this.faults.push(fault),
      onRecovered: () => this.recoveries++
    }
  }
}
