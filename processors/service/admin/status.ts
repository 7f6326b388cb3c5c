// What /status shows of a service: what it does, its channels, and every stream with its state and reason.

import type { Config } from '../../../schemas/config.ts'
import type { StreamStatus } from '../../stream/health/status.ts'

/** `connecting` until Kafka was reached and the topics are there. */
export type Phase = 'connecting' | 'starting' | 'running' | 'draining' | 'stopped'

export interface ChannelStatus {
  readonly name: string
  readonly topic: string
  /** The kinds of its sources. */
  readonly sources: readonly string[]
}

export interface ServiceStatus {
  readonly version: string
  readonly phase: Phase
  readonly started: string
  readonly uptimeSeconds: number
  readonly channels: readonly ChannelStatus[]
  readonly streams: readonly StreamStatus[]
}

export function channelStatuses({ channels }: Config): ChannelStatus[] {
  return Object.entries(channels).map(([name, { topic, sources }]) => ({
    name,
    topic,
    sources: sources.flatMap(source => Object.keys(source))
  }))
}
