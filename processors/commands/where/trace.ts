// The messages of one device as they lie in Kafka, and what became of each.

import type { LogAdmin, ReadRange } from '../../../connectors/kafka/log/log.ts'
import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import { type StreamConfig, splitEntry } from '../../../schemas/stream.ts'
import type { LedgerRecord } from '../../stream/ledger/ledger-record.ts'
import type { StreamView } from '../shared/stream.ts'
import type { DeviceFacts } from './facts.ts'

export interface TraceOptions {
  readonly device: string
  readonly sinceMs: number
  /** Of the newest messages, so many. */
  readonly limit: number
  readonly everyPartition: boolean
}

/** One message. */
export interface Traced {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** When Kafka got it, in Unix ms. */
  readonly timeMs: number
  /** settled: nothing is owed on it, and whether it was delivered or left out is not known. */
  readonly state: 'delivered' | 'settled' | 'held' | 'dead letter' | 'owed'
  /** Of a dead letter: why. */
  readonly code: string | null
}

export interface Trace {
  /** The newest, oldest first. */
  readonly messages: readonly Traced[]
  /** Messages that are owed, and since when the oldest of them is in Kafka. */
  readonly owed: number
  readonly oldestOwedMs: number | null
  /** Partitions that were looked at. */
  readonly places: readonly string[]
}

/** Reads from where the stream stands, or from `sinceMs` if that is earlier. */
export async function trace(stream: StreamView, facts: DeviceFacts, options: TraceOptions): Promise<Trace> {
  const { device, sinceMs, limit, everyPartition } = options
  const { admin, config, topics } = stream
  const about = { admin, device, facts, isAllSent: sendsAll(config) }
  const found: Traced[] = []
  const places: string[] = []
  const owed = { count: 0, oldestMs: Number.POSITIVE_INFINITY }
  for (const topic of topics) {
    const ranges = await admin.ranges(topic)
    const recent = await admin.offsetsAt(topic, sinceMs)
    const wanted = partitionOf(Buffer.from(device), ranges.length)
    for (const { partition, start, end } of ranges) {
      if (!everyPartition && partition !== wanted) continue
      places.push(`${topic}/${partition}`)
      const { next } = facts.standing(topic, partition)
      const from = Math.max(start, Math.min(next ?? end, recent[partition] ?? end))
      const newest: Traced[] = []
      for await (const message of messagesOf({ topic, partition, from, to: end }, about)) {
        if (message.state === 'owed') owed.oldestMs = Math.min(owed.oldestMs, message.timeMs)
        if (message.state === 'owed') owed.count++
        newest.push(message)
        if (newest.length >= 2 * limit) newest.splice(0, newest.length - limit)
      }
      found.push(...withHeld(newest, facts))
    }
  }
  const messages = found.sort((a, b) => a.timeMs - b.timeMs || a.offset - b.offset).slice(-limit)
  return { messages, owed: owed.count, oldestOwedMs: owed.count === 0 ? null : owed.oldestMs, places }
}

interface About {
  readonly admin: LogAdmin
  readonly device: string
  readonly facts: DeviceFacts
  /** The stream leaves no message out. */
  readonly isAllSent: boolean
}

async function* messagesOf(range: ReadRange, about: About): AsyncGenerator<Traced> {
  const { topic, partition } = range
  const { admin, device } = about
  const key = Buffer.from(device)
  for await (const record of admin.read(range))
    if (record.key?.equals(key))
      yield traced({ topic, partition, offset: record.offset, timeMs: record.timestampMs }, about)
}

/**
 * Marks those that wait. Who waits does so in order, so of the messages up to the last that was held they are the last.
 * Dead letters that were resent wait under offsets of their own, which are not looked for.
 */
function withHeld(messages: Traced[], { waiting }: DeviceFacts): Traced[] {
  const [first] = messages
  const held = waiting.find(one => one.partition === first?.partition && one.device.topic === first.topic)
  let left = held?.device.count ?? 0
  return messages
    .toReversed()
    .map(message => {
      const isEnded = message.state === 'settled' || message.state === 'delivered'
      if (left === 0 || !isEnded || message.offset > (held?.device.lastOrigin ?? -1)) return message
      left--
      return { ...message, state: 'held' as const }
    })
    .toReversed()
}

function traced(place: Omit<Traced, 'state' | 'code'>, { facts, isAllSent }: About): Traced {
  const { topic, partition, offset } = place
  const letter = facts.letters.find(
    ({ facts: { originTopic, originPartition, originOffset } }) =>
      originTopic === topic && originPartition === partition && originOffset === offset
  )
  if (letter !== undefined) return { ...place, state: 'dead letter', code: letter.facts.code }
  const { next, settled } = facts.standing(topic, partition)
  const isSettled =
    next !== null && (offset < next || settled.some(({ from, to }) => offset >= from && offset < to))
  if (!isSettled) return { ...place, state: 'owed', code: null }
  const ledger = facts.ledger.get(topic)
  return { ...place, state: isDelivered(offset, ledger, isAllSent) ? 'delivered' : 'settled', code: null }
}

/** The ledger names the last that was delivered; those before it were too where nothing can have been left out. */
function isDelivered(offset: number, ledger: LedgerRecord | undefined, isAllSent: boolean): boolean {
  if (ledger === undefined || offset > ledger.offset) return false
  return offset === ledger.offset || (isAllSent && ledger.expired === 0)
}

/** Steps that pass every message on, or refuse it. */
const passing = new Set([
  ...['select', 'drop', 'rename', 'map', 'template', 'units'],
  ...['enrich', 'fill', 'geofence']
])

/** Whether a stream with these settings sends every message of its channels, whatever is in it and however old it is. */
function sendsAll({
  from,
  where,
  steps,
  ttlSeconds
}: Pick<StreamConfig, 'from' | 'where' | 'steps' | 'ttlSeconds'>): boolean {
  const takesAll = where === undefined && from.every(entry => splitEntry(entry).device === null)
  return (
    takesAll &&
    ttlSeconds === undefined &&
    steps.every(step => Object.keys(step).every(kind => passing.has(kind)))
  )
}
