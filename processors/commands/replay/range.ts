// What a replay is of: which records of which partitions, and the name under which Kafka keeps how far it got.

import { createHash } from 'node:crypto'
import type { LogAdmin, LogRecord } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'

export interface Selection {
  /** Of the channels. */
  readonly topics: readonly string[]
  /** Empty: all. */
  readonly devices: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  /** Whether a device may be in another partition than that of its key. */
  readonly everyPartition: boolean
}

/** Records of one partition: offsets from `from` up to but without `to`. */
export interface Part extends TopicPartition {
  readonly from: number
  readonly to: number
}

/** What is left of a part, and what was settled ahead of it. */
export interface ResumedPart extends Part {
  /** Of the commit that it goes on from; empty where it begins. */
  readonly metadata: string
}

/** The same for the same selection and target, whoever asks. */
export function replayName(stream: string, target: string, { devices, fromMs, toMs }: Selection): string {
  const identity = JSON.stringify([stream, target, [...devices].sort(), fromMs, toMs])
  return createHash('sha256').update(identity).digest('hex').slice(0, 8)
}

/** The partitions that may hold what is selected, as far as their records lie within the times. */
export async function partsOf(admin: LogAdmin, selection: Selection): Promise<Part[]> {
  const { topics, devices, fromMs, toMs, everyPartition } = selection
  const parts: Part[] = []
  for (const topic of topics) {
    const ranges = await admin.ranges(topic)
    const [froms, tos] = [await admin.offsetsAt(topic, fromMs), await admin.offsetsAt(topic, toMs)]
    const wanted = new Set(devices.map(device => partitionOf(Buffer.from(device), ranges.length)))
    const isWanted = (partition: number) => everyPartition || wanted.size === 0 || wanted.has(partition)
    for (const { partition, start, end } of ranges) {
      const from = Math.max(start, froms[partition] ?? end)
      const to = Math.min(end, tos[partition] ?? end)
      if (isWanted(partition) && from < to) parts.push({ topic, partition, from, to })
    }
  }
  return parts
}

/** The parts from where a replay that was broken off has got to. */
export async function resumed(
  admin: LogAdmin,
  group: string,
  parts: readonly Part[]
): Promise<ResumedPart[]> {
  const topics = [...new Set(parts.map(({ topic }) => topic))]
  const committed = await admin.committed(group, topics)
  return parts.flatMap(part => {
    const found = committed.find(
      ({ topic, partition }) => topic === part.topic && partition === part.partition
    )
    const next = found?.next ?? null
    if (next === null || next <= part.from) return { ...part, metadata: '' }
    return next >= part.to ? [] : { ...part, from: next, metadata: found?.metadata ?? '' }
  })
}

/** Whether a record is selected. Times are looked at, too: where producers set them, they need not ascend. */
export function matcher({ devices, fromMs, toMs }: Selection): (record: LogRecord) => boolean {
  const wanted = new Set(devices)
  return ({ key, value, timestampMs }) =>
    value !== null &&
    value.length > 0 &&
    timestampMs >= fromMs &&
    timestampMs < toMs &&
    (wanted.size === 0 || (key !== null && wanted.has(key.toString())))
}
