// Messages and batches made from plain values, as a target would get them from a fetch response: views of one buffer
// of encoded records.

import type { Batch } from '../connectors/connector.ts'
import { encodeRecords } from '../connectors/kafka/log/encode-records.ts'
import type { Header } from '../connectors/kafka/log/log-record.ts'
import { Message } from '../connectors/kafka/log/message.ts'
import { RecordChunk } from '../connectors/kafka/log/record-chunk.ts'

export interface MessagesOptions {
  /** The key of each message; default: none has one. */
  readonly keys?: readonly string[]
  readonly firstOffset?: number
  readonly timestampMs?: number
  /** Of every message. */
  readonly headers?: readonly Header[]
  readonly partition?: number
}

/** Messages with these values, at offsets one after the other. */
export function messagesOf(values: readonly (string | null)[], options: MessagesOptions = {}): Message[] {
  const { keys, firstOffset = 0, timestampMs = 0, partition = 0 } = options
  const origin = { topic: 'fleet', partition }
  const kept = options.headers && { keptHeaders: options.headers }
  const bytesOf = (text: string | null | undefined) => (text == null ? null : Buffer.from(text))
  const bytes = encodeRecords(
    values.map((value, at) => ({ key: bytesOf(keys?.[at]), value: bytesOf(value), ...kept }))
  )
  const lastOffset = firstOffset + values.length - 1
  const source = {
    bytes,
    start: 0,
    end: bytes.length,
    count: values.length,
    baseOffset: firstOffset,
    lastOffset,
    baseTimestampMs: timestampMs,
    appendTimestampMs: timestampMs
  }
  const cursor = new RecordChunk(origin, source, lastOffset + 1)
  const messages: Message[] = []
  while (cursor.next()) messages.push(new Message(origin, cursor))
  return messages
}

export function batchOf(values: readonly (string | null)[]): Batch {
  return batchFrom(messagesOf(values))
}

/** A batch of messages that are there already. */
export function batchFrom(messages: readonly Message[], destination = ''): Batch {
  return { destination, messages, bytes: messages.reduce((sum, message) => sum + message.size, 0) }
}
