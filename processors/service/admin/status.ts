// What /status shows of a service: what it does, its channels, and every stream with its state and reason.

import type { SourceConnection } from '../../../connectors/connector.ts'
import type { Mask } from '../../../connectors/shared/mask.ts'
import type { Config } from '../../../schemas/config.ts'
import type { ObjectiveConfig } from '../../../schemas/stream.ts'
import type { NamedConnection } from '../../ingest/ingest.ts'
import { reportTrouble, type Trouble, type TroubleReport } from '../../stream/health/state.ts'
import type { AppendGate } from '../append-gate.ts'
import type { DividedBudget } from '../budget.ts'
import type { GenerationReport } from '../reload/generation.ts'
import { earlier, type Loss, type Retention } from '../retention/retention.ts'
import type { GenerationStatus } from '../streams/streams.ts'

/** `connecting` until Kafka was reached and the topics are there. */
export const phases = ['connecting', 'starting', 'running', 'draining', 'stopped'] as const
export type Phase = (typeof phases)[number]

export interface ChannelStatus {
  readonly name: string
  readonly topic: string
  /** The kinds of its sources. */
  readonly sources: readonly string[]
  /** How long the oldest messages have waited for Kafka to take them; 0 while none do. */
  readonly appendWaitsSeconds: number
  /** Of sources that connect to somebody. */
  readonly connections?: readonly ConnectionStatus[]
  /** Why nothing can be stored at the moment, or why one of its connections receives nothing. */
  readonly trouble?: TroubleReport & Partial<Pick<ConnectionStatus, 'source' | 'url'>>
}

export interface ConnectionStatus extends Pick<SourceConnection, 'url' | 'state'> {
  /** The kind of the source. */
  readonly source: string
  /** Since when it is in this state, in ISO 8601. */
  readonly since: string
  readonly trouble?: TroubleReport
}

/** A stream as people and scripts read it. */
export interface StreamReport extends Omit<GenerationStatus, 'oldestMs' | 'oldestUnheldMs' | 'firstsOwed'> {
  /** When Kafka got the oldest message that is not settled, in ISO 8601; null when there is none, or it was not read yet. */
  readonly oldest: string | null
  readonly oldestAgeSeconds: number | null
  /** The age without what is held for single devices: what an objective is about. */
  readonly oldestUnheldAgeSeconds: number | null
  /**
   * Until Kafka's retention may delete the first message that is not settled; null where it never does, or none is. Left out
   * where it is not known, for the reason beside it.
   */
  readonly timeToLossSeconds?: number | null
  readonly timeToLossUnknown?: string
  /** The code of that, where it stays so until somebody acts. */
  readonly timeToLossUnknownCode?: string
  /** Left out where the stream has none. */
  readonly objective?: ObjectiveConfig & { readonly missed: boolean }
}

/** What a report needs beside the status. */
export interface ReportInput {
  readonly mask: Mask
  /** What ages are counted to. */
  readonly nowMs: number
  readonly objective?: ObjectiveConfig | undefined
  readonly loss: Loss
}

/** The memory of the process, in bytes. */
export interface MemoryStatus {
  /** What the configuration allows. */
  readonly maxBytes: number
  /** What so many streams and brokers need at least; where it is more, what is allowed may be overdrawn. */
  readonly neededBytes: number
  /** By the messages of streams, and by what sources took and Kafka has not acknowledged. */
  readonly usedBytes: { readonly streams: number; readonly sources: number }
}

export interface ServiceStatus {
  readonly version: string
  readonly phase: Phase
  /** Why it does not start yet. */
  readonly trouble?: TroubleReport
  readonly started: string
  readonly uptimeSeconds: number
  /** The configuration in force. */
  readonly config: GenerationReport
  readonly memory: MemoryStatus
  /** By how much our clock is ahead of Kafka's, negative where it is behind; null where nothing is known. */
  readonly clockSkewSeconds: number | null
  readonly channels: readonly ChannelStatus[]
  readonly streams: readonly StreamReport[]
}

export interface ChannelsInput {
  readonly connections: readonly NamedConnection[]
  readonly gate: Pick<AppendGate, 'trouble' | 'waitsMs'>
  readonly mask: Mask
}

export function channelStatuses(
  { channels }: Pick<Config, 'channels'>,
  { connections, gate, mask }: ChannelsInput
): ChannelStatus[] {
  return Object.entries(channels).map(([name, { topic, sources }]) => {
    const refused = gate.trouble(topic)
    const own = connections.filter(({ channel }) => channel === name).map(one => connectionStatus(one, mask))
    const [troubled] = own.filter(({ trouble }) => trouble !== undefined)
    return {
      name,
      topic,
      sources: sources.flatMap(source => Object.keys(source)),
      appendWaitsSeconds: gate.waitsMs(topic) / 1_000,
      ...(own.length > 0 && { connections: own }),
      ...(troubled?.trouble !== undefined && {
        trouble: { source: troubled.source, url: troubled.url, ...troubled.trouble }
      }),
      ...(refused !== null && troubleReport(refused, mask))
    }
  })
}

function connectionStatus(connection: NamedConnection, mask: Mask): ConnectionStatus {
  const { kind, sinceMs, state, trouble, url } = connection
  const at = { source: kind, url: mask.apply(url), state, since: new Date(sinceMs).toISOString() }
  return trouble === undefined ? at : { ...at, ...troubleReport(trouble, mask) }
}

/** What all reports need. */
export interface ReportsInput extends Omit<ReportInput, 'objective' | 'loss'> {
  readonly config: Pick<Config, 'streams'>
  readonly retention: Pick<Retention, 'lossOf'>
}

/** The streams as they are reported at the moment `nowMs`, by the configuration in force. */
export function streamReports(
  statuses: readonly GenerationStatus[],
  { config, retention, ...about }: ReportsInput
): StreamReport[] {
  return statuses.map(status => {
    const objective = config.streams[status.name]?.objective
    return streamReport(status, { ...about, objective, loss: retention.lossOf(status) })
  })
}

/** `sourceBytes` is what sources hold. */
export function memoryStatus(
  { maxBytes, neededBytes }: Pick<DividedBudget, 'maxBytes' | 'neededBytes'>,
  streams: readonly Pick<StreamReport, 'pendingBytes'>[],
  sourceBytes: number
): MemoryStatus {
  const streamBytes = streams.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0)
  return { maxBytes, neededBytes, usedBytes: { streams: streamBytes, sources: sourceBytes } }
}

/** Whatever targets and Kafka said is shown without secrets. */
export function streamReport(status: GenerationStatus, { mask, nowMs, objective, loss }: ReportInput) {
  const { oldestMs: read, oldestUnheldMs, firstsOwed: _, held, partitions, ...rest } = status
  const oldestMs = earlier(read, loss.oldestMs)
  const ageSeconds = (ms: number | null) => (ms === null ? null : Math.max(0, nowMs - ms) / 1000)
  const unheldAge = ageSeconds(earlier(oldestUnheldMs, loss.oldestUnheldMs))
  const missed = objective !== undefined && (unheldAge ?? 0) >= objective.maxAgeSeconds
  return {
    ...withoutSecrets(rest, mask),
    held: withoutSecrets(held, mask),
    oldest: oldestMs === null ? null : new Date(oldestMs).toISOString(),
    oldestAgeSeconds: ageSeconds(oldestMs),
    oldestUnheldAgeSeconds: unheldAge,
    ...lossReport(loss, mask),
    ...(objective !== undefined && { objective: { ...objective, missed } }),
    partitions: partitions.map(partition => withoutSecrets(partition, mask))
  } satisfies StreamReport
}

function lossReport({ leftMs, unknown, unknownCode }: Loss, mask: Mask) {
  return {
    ...(leftMs !== null && { timeToLossSeconds: Number.isFinite(leftMs) ? leftMs / 1000 : null }),
    ...(unknown !== null && { timeToLossUnknown: mask.apply(unknown) }),
    ...(unknownCode !== null && { timeToLossUnknownCode: unknownCode })
  }
}

export function troubleReport(trouble: Trouble, mask: Mask) {
  return withoutSecrets({ trouble: reportTrouble(trouble) }, mask)
}

function withoutSecrets<T extends { readonly trouble?: TroubleReport }>(part: T, mask: Mask): T {
  const { trouble } = part
  return trouble === undefined
    ? part
    : { ...part, trouble: { ...trouble, detail: mask.apply(trouble.detail) } }
}
