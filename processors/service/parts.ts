// What a service is given: the collaborators that tests replace.

import type { Clock } from '../../connectors/clock.ts'
import type { AppendMeter } from '../../connectors/kafka/log/kafkajs/produce/shipper.ts'
import type { Log } from '../../connectors/kafka/log/log.ts'
import type { Registry } from '../../connectors/registry.ts'
import type { Mask } from '../../connectors/shared/mask.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { Tracing } from '../tracing/tracer.ts'

/** What the log gets from the service. */
export interface LogEnv {
  readonly meter: AppendMeter
  /** Bytes of fetches that may be on their way in at once. */
  readonly maxArrivingBytes: number
}

export interface ServiceParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly registry: Registry
  readonly version: string
  /** The folder of the configuration, where relative paths in it start. */
  readonly folder: string
  /** Of the secrets of the configuration. */
  readonly mask: Mask
  /** Opens the log that the service works on; called once. */
  readonly openLog: (env: LogEnv) => Log
  /** Unset: nothing is traced. The service closes it. */
  readonly tracing?: Tracing | undefined
}
