// Divides the memory budget of the process. What each stream takes at rest comes off first, then what sources may hold.
// Of the rest a sixth is for fetches, of which a stream may have two in memory from every broker: one arrives while
// the other is handed over. A sixth is for messages that wait to be delivered, a fifth of it for those that come back
// from the held topic. The others are for what exists twice for
// a while (messages are copied into requests), for garbage that waits for its collector and for the gaps between what
// is allocated: together twice as much as is held, as measured with a hundred streams in full flow. Invariant 5

import type { Config } from '../../schemas/config.ts'
import type { StreamBudget } from '../stream/options.ts'

const kib = 1024
const mib = 1024 * kib
const smallestFetchBytes = 64 * kib
const largestFetchBytes = 4 * mib
const smallestWindowBytes = 64 * kib

/** Measured, at rest: its consumer and its target; and its two connections to each broker. */
const streamBytes = 0.45 * mib
const brokerBytes = 0.18 * mib

/** Measured: what one busy stream makes of garbage before the runtime collects it, however small its share. */
const leastBytes = 128 * mib

const fetchesAtOnce = 2
/** Of what may wait; the rest, a quarter of it, is for what is released. */
const channelsShare = 4 / 5
const parts = 6

/** Of the budget, where there are sources: for the bodies of requests until they are stored, and for copies of them. */
const bodiesShare = 1 / 4
const bodyCopiesShare = 1 / 8

export interface BudgetRequest {
  /** The budget of the process. */
  readonly maxBytes: number
  readonly streams: number
  readonly brokers: number
  /** Whether any channel has a source. */
  readonly hasSources: boolean
}

/** What every stream gets. */
export interface DividedBudget extends StreamBudget {
  /** The budget of the process. */
  readonly maxBytes: number
  /** What the budget of the process would have to be at least; if it is less, it may be overdrawn. */
  readonly neededBytes: number
}

/** The share of each stream of a configuration, on a Kafka of so many brokers. */
export function budgetOf(
  { channels, memory, streams }: Pick<Config, 'channels' | 'memory' | 'streams'>,
  brokers: number
): DividedBudget {
  const hasSources = Object.values(channels).some(({ sources }) => sources.length > 0)
  return divideBudget({
    maxBytes: memory.maxBytes,
    streams: Object.keys(streams).length,
    brokers,
    hasSources
  })
}

/** The share of each stream. Never below what a stream needs to get on, so a small budget may be overdrawn. */
export function divideBudget({ maxBytes, streams, brokers, hasSources }: BudgetRequest): DividedBudget {
  const count = Math.max(1, streams)
  const fetches = count * Math.max(1, brokers) * fetchesAtOnce
  const atRestBytes = count * (streamBytes + Math.max(1, brokers) * brokerBytes)
  const share = hasSources ? 1 - bodiesShare - bodyCopiesShare : 1
  const part = Math.max(0, maxBytes * share - atRestBytes) / parts
  const smallestPart = Math.max(fetches * smallestFetchBytes, count * smallestWindowBytes)
  return {
    maxBytes,
    maxFetchBytes: clamp(Math.floor(part / fetches), smallestFetchBytes, largestFetchBytes),
    windowBytes: Math.max(smallestWindowBytes, Math.floor((part / count) * channelsShare)),
    neededBytes: Math.max(leastBytes, Math.ceil((atRestBytes + parts * smallestPart) / share))
  }
}

/** Bytes of fetches that may be on their way in at once, over all streams; a part of the share for fetches. */
export function arrivingBytes(maxBytes: number): number {
  return Math.floor(maxBytes / 16)
}

/** Bytes of requests that all sources together may hold until Kafka has their messages. */
export function bodiesBytes(maxBytes: number): number {
  return Math.floor(maxBytes * bodiesShare)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
