// What the numbers of one partition need of the stream.

import type { LogAdmin, LogProducer } from '../../../connectors/kafka/log/log.ts'
import type { SequenceConfig } from '../../../schemas/stream.ts'
import type { Health } from '../health/health.ts'

export type SequenceOptions = SequenceConfig

export interface SequencePartitionPort {
  readonly options: SequenceOptions
  readonly group: string
  /** Of the topic of the numbers. */
  readonly partitions: number
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly health: Health
  /** Resolves once the group confirms that the partition is ours. */
  confirm(): Promise<void>
  /** Does the message at that place wait in the held topic no more? */
  isReleased(device: string, place: string): boolean
  /** Resolves if the devices, of which no number is known, have none elsewhere, and there is room for them. */
  admit(devices: ReadonlySet<string>): Promise<void>
}
