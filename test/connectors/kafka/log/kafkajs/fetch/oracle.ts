// Compares our decoding of Fetch responses with kafkajs' own, through kafkajs' own Batch, record by record.

import { createRequire } from 'node:module'
import { registerCodecs } from '../../../../../../connectors/kafka/log/kafkajs/fetch/fallback.ts'
import { decodeResponse, readOutline } from '../../../../../../connectors/kafka/log/kafkajs/fetch/response.ts'
import type {
  FetchedBatch,
  FetchedPartition,
  FetchResponse
} from '../../../../../../connectors/kafka/log/kafkajs/fetch/types.ts'
import { RecordChunk } from '../../../../../../connectors/kafka/log/record-chunk.ts'
import { type Random, seeded } from '../../../../../seeded.ts'
import { randomPartition } from './generate.ts'
import { wireResponse } from './wire.ts'

const require = createRequire(import.meta.url)

export interface KafkajsBatch<Message> {
  readonly messages: readonly Message[]
  readonly rawMessages: readonly Message[]
  isEmpty(): boolean
  isEmptyDueToFiltering(): boolean
  lastOffset(): string
  offsetLag(): string
}

/** kafkajs' class that its consumer makes of each partition of a response. */
export const Batch: new <Message>(
  topic: string,
  fetchedOffset: string,
  partition: FetchedPartition<Message>
) => KafkajsBatch<Message> = require('kafkajs/src/consumer/batch')

interface KafkajsMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | Buffer[]>>
}

export const kafkajsResponse: { decode(bytes: Buffer): Promise<FetchResponse<KafkajsMessage>> } =
  require('kafkajs/src/protocol/requests/fetch/v11/response')

/** The records of chunks in one line of text each: equal texts, equal records. */
export function linesOf(batches: readonly FetchedBatch[]): string[] {
  const lines: string[] = []
  for (const { chunk } of batches) {
    const cursor = new RecordChunk({ topic: 't', partition: 0 }, chunk, 0)
    while (cursor.next()) {
      const field = (start: number, end: number) =>
        end < start ? null : cursor.bytes.toString('base64', start, end)
      const headers = cursor.headers().map(({ key, value }) => [key, value?.toString('base64') ?? null])
      const key = field(cursor.keyStart, cursor.keyEnd)
      const value = field(cursor.valueStart, cursor.valueEnd)
      lines.push(JSON.stringify([cursor.offset, cursor.timestampMs, key, value, headers]))
    }
  }
  return lines
}

export function kafkajsLines(messages: readonly KafkajsMessage[]): string[] {
  return messages.map(({ offset, timestamp, key, value, headers }) => {
    const list = Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map(one => [name, one.toString('base64')])
    )
    const text = (bytes: Buffer | null) => bytes?.toString('base64') ?? null
    return JSON.stringify([Number(offset), Number(timestamp), text(key), text(value), list])
  })
}

export interface Comparison {
  compared: number
  delivered: number
  differences: number
  /** The seed of the first response that differed. */
  firstSeed: number | null
}

/** Compares random responses until `records` records were in them. */
export async function compareWithKafkajs(records: number, firstSeed: number): Promise<Comparison> {
  registerCodecs()
  const result: Comparison = { compared: 0, delivered: 0, differences: 0, firstSeed: null }
  for (let seed = firstSeed; result.compared < records; seed++) {
    const before = result.differences
    await compareOne(seeded(seed), result)
    if (result.differences > before) result.firstSeed ??= seed
  }
  return result
}

async function compareOne(random: Random, result: Comparison): Promise<void> {
  const partitions = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) =>
    randomPartition(random, index)
  )
  const bytes = wireResponse('t', partitions)
  const position = (_topic: string, partition: number) => partitions[partition]?.position ?? 0
  const onCorrupt = () => {
    result.differences++
  }
  const ours = await decodeResponse(readOutline(bytes), { checkCrc: true, position, onCorrupt })
  const theirs = await kafkajsResponse.decode(bytes)
  for (const [index, { position, recordCount }] of partitions.entries()) {
    const mine = batchOf(ours, index, position)
    const lines = linesOf(mine?.messages ?? [])
    const expected = kafkajsLines(batchOf(theirs, index, position)?.messages ?? [])
    if (lines.join('\n') !== expected.join('\n')) result.differences++
    result.compared += recordCount
    result.delivered += lines.length
  }
}

function batchOf<Message>(response: FetchResponse<Message>, index: number, position: number) {
  const partition = response.responses[0]?.partitions[index]
  return partition && new Batch('t', String(position), partition)
}
