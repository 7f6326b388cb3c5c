// Where receipts are read from: the topic of a stream, or a file that was exported.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { PartitionRange } from '../../../connectors/kafka/log/log.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { StreamView } from '../shared/stream.ts'
import { type Placed, recordIn } from './line.ts'

/** Throws `usage` where the stream keeps none. */
function topicOf({ config, name }: StreamView): string {
  if (config.receipts !== undefined) return config.receipts.topic
  throw new FaultError('usage', { detail: `${name} keeps no receipts: it has no "receipts: {}"` })
}

/** The partitions that the topic has. */
export async function rangesOf(stream: StreamView): Promise<readonly PartitionRange[]> {
  return stream.admin.ranges(topicOf(stream))
}

/** All that Kafka holds, a partition after the other; from a time in Unix ms on, where one is given. */
export async function* fromKafka(stream: StreamView, sinceMs: number | null = null): AsyncGenerator<Placed> {
  const topic = topicOf(stream)
  const { admin } = stream
  const firsts = sinceMs === null ? [] : await admin.offsetsAt(topic, sinceMs)
  for (const { partition, start, end } of await admin.ranges(topic)) {
    const from = Math.max(start, firsts[partition] ?? start)
    for await (const record of admin.read({ topic, partition, from, to: end })) yield { partition, record }
  }
}

/** What a file holds, in its order. Throws `receipts_broken` for a line that is none of such a file, and `file_unreadable`. */
export async function* fromFile(path: string): AsyncGenerator<Placed> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  try {
    for await (const line of lines) {
      number++
      const placed = recordIn(line)
      if (placed === null) throw new FaultError('receipts_broken', { path: `${path}:${number}` })
      yield placed
    }
  } catch (error) {
    if (error instanceof FaultError) throw error
    throw new FaultError('file_unreadable', { path, detail: messageOf(error) })
  }
}
