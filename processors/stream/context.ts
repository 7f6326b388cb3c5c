// What every part of a stream gets: who it works for, and the collaborators that tests replace.

import type { Clock } from '../../connectors/clock.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { RetryConfig, SafetyStopConfig } from '../../schemas/stream.ts'
import type { FaultPoint } from './held/fault-points.ts'
import type { StreamMeter } from './meter.ts'
import type { StreamOptions, StreamParts } from './options.ts'
import { Tap } from './tap.ts'
import { StreamTrace } from './trace.ts'

export interface StreamContext {
  /** The stream's name. */
  readonly stream: string
  readonly clock: Clock
  readonly log: LogEvent
  readonly meter: StreamMeter
  readonly tap: Tap
  /** Null: nothing is traced. */
  readonly trace: StreamTrace | null
  readonly retry: RetryConfig
  readonly safetyStop: SafetyStopConfig
  /** Called where one write is done and the next is not: a test may let the process die there. */
  readonly reached: (point: FaultPoint) => void
}

export function contextOf({ name, retry, safetyStop }: StreamOptions, parts: StreamParts): StreamContext {
  const { clock, log, meter, reached, tap = new Tap(clock), tracer } = parts
  const trace = tracer === undefined ? null : new StreamTrace(name, tracer)
  return { stream: name, clock, log, meter, tap, trace, retry, safetyStop, reached }
}
