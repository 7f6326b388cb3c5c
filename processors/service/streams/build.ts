// Builds a stream of its part of the configuration.

import type { TargetEnv } from '../../../connectors/connector.ts'
import type { Log, LogAdmin, LogProducer } from '../../../connectors/kafka/log/log.ts'
import { wantedDeadLetterTopic } from '../../../connectors/kafka/topics.ts'
import { createTarget, type Registry } from '../../../connectors/registry.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { channelsOf, type StreamConfig, ttlMsOf } from '../../../schemas/stream.ts'
import { birthOf } from '../../stream/assignment/birth.ts'
import type { FaultPoint } from '../../stream/held/fault-points.ts'
import { heldOptions } from '../../stream/held/held.ts'
import type { StreamBudget, StreamOptions } from '../../stream/options.ts'
import { Stream } from '../../stream/stream.ts'
import type { Tap } from '../../stream/tap.ts'
import type { Tracer } from '../../tracing/tracer.ts'
import { streamMeter } from '../metrics/meters.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { silenceOf } from './silence.ts'
import { type Surroundings, stepsOf, wantedBy } from './steps.ts'

/** What all streams of a service share. */
export interface StreamsParts {
  readonly registry: Registry
  readonly kafka: Log
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly metrics: Metrics
  readonly env: Omit<TargetEnv, 'stream'>
  readonly reached: (point: FaultPoint) => void
  /** Unset: nothing is traced. */
  readonly tracer?: Tracer | undefined
}

/** What one stream is. */
export interface Wanted {
  readonly name: string
  readonly config: StreamConfig
  readonly channels: Config['channels']
  /** When this process was first told of it: where `start: latest` begins. Unix ms. */
  readonly sinceMs: number
  readonly budget: StreamBudget
  readonly surroundings: Surroundings
  readonly tap?: Tap
}

/** Rejects with the FaultError of a target that cannot be made of its settings. */
export async function buildStream(wanted: Wanted, parts: StreamsParts): Promise<Stream> {
  const { admin, env, kafka, metrics, producer, reached, registry, tracer } = parts
  const { name, config } = wanted
  const target = await createTarget(registry, config.target, { ...env, stream: name, ttlMs: ttlMsOf(config) })
  const meter = streamMeter(metrics, name)
  return new Stream(streamOptions(wanted), {
    ...env,
    reached,
    tracer,
    admin,
    target,
    meter,
    ...(wanted.tap && { tap: wanted.tap }),
    producer,
    consumer: options => kafka.consumer({ ...options, onRebuilt: meter.rebuilt })
  })
}

/** What a stream is told by its part of the configuration. */
export function streamOptions(wanted: Omit<Wanted, 'tap'>): StreamOptions {
  const { name, config, channels, sinceMs, budget, surroundings } = wanted
  return {
    name,
    group: config.group,
    topics: channelsOf(config).map(channel => topicOf(channel, channels)),
    isWanted: wantedBy(config, channels, surroundings),
    steps: stepsOf(config, surroundings, silenceOf(config, channels, surroundings)),
    birthMs: birthOf(config.start, sinceMs),
    order: config.order,
    concurrency: config.concurrency,
    adaptiveConcurrency: config.adaptiveConcurrency,
    rateLimit: config.rateLimit,
    onePerDevice: config.onePerDevice,
    attemptTimeoutMs: config.attemptTimeoutMs,
    ttlMs: ttlMsOf(config) ?? null,
    retry: config.retry,
    safetyStop: config.safetyStop,
    deadLetters: wantedDeadLetterTopic(config.deadLetters),
    held: heldOptions(config),
    ledger: config.ledger ?? null,
    sequence: config.sequence ?? null,
    receipts: config.receipts ?? null,
    paused: config.paused,
    maxSpan: config.maxSpan,
    budget
  }
}

function topicOf(channel: string, channels: Config['channels']): string {
  const topic = channels[channel]?.topic
  if (topic === undefined) throw new FaultError('config_invalid', { detail: `no channel ${channel}` })
  return topic
}
