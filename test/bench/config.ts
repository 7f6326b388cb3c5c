// The configuration of a service under a benchmark, with everything at its default but what the benchmark sets.

import { Value } from 'typebox/value'
import { httpTargetSchema } from '../../connectors/http/target-config.ts'
import type { Config } from '../../schemas/config.ts'
import type { OneOfKinds } from '../../schemas/define.ts'
import type { StreamConfig } from '../../schemas/stream.ts'
import { uniqueName } from '../kafka.ts'

export interface ServiceSettings {
  readonly brokers: string[]
  readonly topics: readonly { topic: string; partitions: number }[]
  readonly budgetBytes?: number
  readonly streams: Readonly<Record<string, StreamConfig>>
}

export function serviceConfig({ brokers, topics, budgetBytes, streams }: ServiceSettings): Config {
  const channels = topics.map(({ topic, partitions }) => [
    topic,
    { topic, partitions, retentionHours: 168, sources: [] }
  ])
  return {
    kafka: { brokers, clientId: 'bench' },
    listen: { host: '127.0.0.1', http: 0, adminHost: '127.0.0.1', admin: 0 },
    memory: { maxBytes: budgetBytes ?? 268_435_456 },
    metrics: { partitions: false },
    drainTimeoutMs: 5_000,
    channels: Object.fromEntries(channels),
    geofences: {},
    streams
  }
}

export interface ForwardSettings {
  readonly topic: string
  /** Messages to a request. */
  readonly batch: number
  readonly inFlight: number
  readonly url: string
}

/** A stream of its own group that delivers all of a topic over HTTP. */
export function forwardStream({ topic, batch, inFlight, url }: ForwardSettings): StreamConfig {
  const http = Value.Default(httpTargetSchema, {
    url,
    maxMessages: batch,
    batchesInFlight: inFlight,
    maxConnections: inFlight
  })
  return streamTo(topic, { http })
}

/** A stream of its own group that delivers all of a topic, with everything else at its default. */
export function streamTo(topic: string, target: OneOfKinds): StreamConfig {
  const group = uniqueName('tailrace')
  return {
    from: [topic],
    group,
    onDeviceReject: 'hold',
    held: { topic: `${group}.held`, maxDelayMs: 300_000, maxHours: 168 },
    deadLetters: { topic: `${group}.dead-letters`, partitions: 1, retentionHours: 1 },
    start: 'earliest',
    steps: [],
    requires: [],
    state: { topic: `${group}.state`, maxDevices: 50_000 },
    attemptTimeoutMs: 60_000,
    order: 'device',
    concurrency: 256,
    adaptiveConcurrency: false,
    onePerDevice: false,
    rateLimit: {},
    maxSpan: 100_000,
    safetyStop: { rejected: 100, of: 1_000 },
    paused: false,
    retry: { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 },
    target
  }
}
