// Messages and batches made from plain values, as a target would get them from a fetch response.

import { randomBytes } from 'node:crypto'
import type { Batch, Message } from '../../../connectors/connector.ts'
import { Message as KafkaMessage } from '../../../connectors/kafka/log/message.ts'
import { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'

const origin = { topic: 'fleet', partition: 0 }

/** Messages with these values at offsets from 0; they share one buffer with other bytes around, as fetched ones do. */
export function messagesOf(values: readonly (string | null)[]): Message[] {
  const parts: Buffer[] = []
  let at = 0
  const ranges = values.map(value => {
    const bytes = Buffer.from(value ?? '')
    const start = at + 3
    parts.push(randomBytes(3), bytes)
    at = start + bytes.length
    return { start, end: value === null ? start - 1 : at }
  })
  const bytes = Buffer.concat([...parts, randomBytes(3)])
  return ranges.map(({ start, end }, offset) => {
    const source = {
      bytes,
      start: 0,
      end: 0,
      count: 0,
      baseOffset: offset,
      lastOffset: offset,
      baseTimestampMs: 0,
      appendTimestampMs: null
    }
    const cursor = new RecordChunk(origin, source, values.length)
    return new KafkaMessage(origin, Object.assign(cursor, { offset, valueStart: start, valueEnd: end }))
  })
}

export function batchOf(values: readonly (string | null)[]): Batch {
  const messages = messagesOf(values)
  return { destination: '', messages, bytes: messages.reduce((sum, message) => sum + message.size, 0) }
}
