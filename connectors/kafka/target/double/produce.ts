// Produce (key 0), version 7. Request: transactional id nullable string, acks int16, timeout int32, topics: name string,
// partitions: number int32, record batches bytes.
// Response: topics: name string, partitions: number int32, error int16, base offset int64, append time int64, log start
// int64; throttle int32.

import { AbortedTransactions } from '../../log/kafkajs/fetch/aborted.ts'
import type { Reader } from '../../log/kafkajs/fetch/reader.ts'
import { decodeRecordSet } from '../../log/kafkajs/fetch/record-set.ts'
import type { Header } from '../../log/log-record.ts'
import { RecordChunk } from '../../log/record-chunk.ts'
import { Writer } from './wire.ts'

/** A record as it came. */
export interface ProducedRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly timestampMs: number
}

/** The records of one partition of a request. */
export interface ProducedPart {
  readonly topic: string
  readonly partition: number
  readonly bytes: number
  readonly records: readonly ProducedRecord[]
}

/** Rejects on what a broker would hang up over: no acks of all, a partition twice, a batch that is none. */
export async function readProduce(request: Reader): Promise<ProducedPart[]> {
  const transactionalIdBytes = request.int16()
  const acks = request.int16()
  request.int32() // the time that replicas have
  if (transactionalIdBytes !== -1 || acks !== -1)
    throw new Error('only acks=all without transactions is taken')
  const parts: ProducedPart[] = []
  const seen = new Set<string>()
  for (let topics = request.int32(); topics > 0; topics--) {
    const topic = request.string()
    for (let partitions = request.int32(); partitions > 0; partitions--) {
      const partition = request.int32()
      if (seen.has(`${topic}/${partition}`)) throw new Error('a partition stands twice in one request')
      seen.add(`${topic}/${partition}`)
      const batch = request.take(request.int32())
      const records = await recordsOf(batch, topic, partition)
      parts.push({ topic, partition, bytes: batch.length, records })
    }
  }
  return parts
}

async function recordsOf(bytes: Buffer, topic: string, partition: number): Promise<ProducedRecord[]> {
  const aborted = new AbortedTransactions([])
  const { batches, corruption } = await decodeRecordSet(bytes, { position: 0, aborted, checkCrc: true })
  const [first, ...others] = batches
  if (corruption !== null) throw new Error(`it is no record batch: ${corruption.reason}`)
  if (first === undefined || others.length > 0) throw new Error('it is not one record batch')
  const chunk = new RecordChunk({ topic, partition }, first.chunk, 0)
  const records: ProducedRecord[] = []
  while (chunk.next()) {
    const { key, value, headers, timestampMs } = chunk.record()
    records.push({ topic, partition, key, value, headers, timestampMs })
  }
  return records
}

/** `errorOf` is 0 where the part is stored. */
export function produceResponse(
  parts: readonly ProducedPart[],
  errorOf: (part: ProducedPart) => number,
  throttleMs: number
): Buffer {
  const topics = [...new Set(parts.map(({ topic }) => topic))]
  const writer = new Writer().array(topics, (topic, writing) => {
    const own = parts.filter(part => part.topic === topic)
    writing.string(topic).array(own, part => {
      writing.int32(part.partition).int16(errorOf(part))
      writing.int64(0).int64(-1).int64(0)
    })
  })
  return writer.int32(throttleMs).take()
}
