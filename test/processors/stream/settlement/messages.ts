// Messages as a stream has them: views of one fetched chunk.

import { MemoryPartition } from '../../../../connectors/kafka/log/memory/topics.ts'
import { Message, type TopicPartition } from '../../../../connectors/kafka/log/message.ts'
import { RecordChunk } from '../../../../connectors/kafka/log/record-chunk.ts'

/** What of a record a test wants to choose; keys and values are text or bytes. */
export interface Wanted {
  readonly key: string | Buffer | null
  readonly value: string | Buffer
}

/** One message per record, from offset 0 of `origin`, which Kafka got at `timestampMs`. */
export function messagesOf(origin: TopicPartition, wanted: readonly Wanted[], timestampMs = 0): Message[] {
  const partition = new MemoryPartition()
  const records = wanted.map(({ key, value }) => ({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(value)
  }))
  partition.append(records, timestampMs)
  const source = partition.read(0)
  if (source === undefined) return []
  const chunk = new RecordChunk(origin, source, partition.end)
  const messages: Message[] = []
  while (chunk.next()) messages.push(new Message(origin, chunk))
  return messages
}
