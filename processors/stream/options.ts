// What a stream is told by its configuration, and the collaborators it is given.

import type { Clock } from '../../connectors/clock.ts'
import type { Target } from '../../connectors/connector.ts'
import type {
  LogAdmin,
  LogConsumer,
  LogConsumerOptions,
  LogProducer
} from '../../connectors/kafka/log/log.ts'
import type { RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import type { WantedTopic } from '../../connectors/kafka/topics.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { RetryConfig, SafetyStopConfig } from '../../schemas/stream.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { Order } from './dispatch/lanes.ts'
import type { DispatchOptions } from './dispatch/port.ts'
import type { FaultPoint } from './held/fault-points.ts'
import type { HeldOptions } from './held/held.ts'
import type { LedgerOptions } from './ledger/ledger.ts'
import type { StreamMeter } from './meter.ts'
import type { ReceiptsOptions } from './receipts/receipts.ts'
import type { SequenceOptions } from './sequence/port.ts'
import type { StepsOptions } from './steps/steps.ts'
import type { Tap } from './tap.ts'

export interface StreamOptions extends DispatchOptions {
  readonly name: string
  readonly group: string
  readonly topics: readonly string[]
  /** From when a stream without commits owes messages, in Unix ms. */
  readonly birthMs: number
  readonly order: Order
  readonly retry: RetryConfig
  readonly safetyStop: SafetyStopConfig
  /** Where rejected messages go. */
  readonly deadLetters: WantedTopic
  /** Where devices wait that the target refuses, and dead letters that are resent. */
  readonly held: HeldOptions
  /** Is the record one that the stream wants? Asked before anything of it is decoded. Null: all are. */
  readonly isWanted: ((chunk: RecordChunk) => boolean) | null
  /** Null: there are none. */
  readonly steps: StepsOptions | null
  /** Null: none is kept. */
  readonly ledger: LedgerOptions | null
  /** Null: messages get no numbers. */
  readonly sequence: SequenceOptions | null
  /** Null: none are written. */
  readonly receipts: ReceiptsOptions | null
  /** It joins its group and reads nothing. */
  readonly paused: boolean
  /** Offsets between commit point and read position at which a partition stops reading. */
  readonly maxSpan: number
  readonly budget: StreamBudget
}

/** Its part of the memory of the process. What it says may change while the stream runs: read it anew for each use. */
export interface StreamBudget {
  /** Bytes of pending messages at which reading pauses. */
  readonly windowBytes: number
  /** Upper bound of one fetch response per broker. */
  readonly maxFetchBytes: number
}

export interface StreamParts {
  readonly clock: Clock
  readonly reached: (point: FaultPoint) => void
  readonly log: LogEvent
  readonly meter: StreamMeter
  /** Where somebody may look on; default: nobody does. */
  readonly tap?: Tap
  /** Unset: nothing is traced. */
  readonly tracer?: Tracer | undefined
  readonly admin: LogAdmin
  readonly target: Target
  readonly producer: LogProducer
  readonly consumer: (options: LogConsumerOptions) => LogConsumer
}
