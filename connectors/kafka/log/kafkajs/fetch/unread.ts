// Decodes a Fetch response in two steps: first what it says of its partitions, which tells where to fetch next, and
// the records when they are wanted. Whatever is wrong with the records is told in the second step.

import { FaultError, messageOf } from '../../../../../schemas/errors.ts'
import type { TopicPartition } from '../../message.ts'
import { reencode, registerCodecs } from './fallback.ts'
import { type Corruption, OldFormatError, offsetAfter } from './record-set.ts'
import { decodeResponse, isShared, type Outline, type RawPartition, readOutline } from './response.ts'
import type { FetchedBatch, FetchProtocol, FetchResponse, NextPosition, UnreadResponse } from './types.ts'

/** Both are called when a response is read, at every fetch anew until the partition is paused; neither may throw. */
export interface FetchDecoderOptions {
  /** Kafka does not hold `position`. kafkajs sees an empty partition instead, or it would jump to another offset. */
  onPositionLost(partition: TopicPartition, position: number): void
  /**
   * `records_corrupt`: the records at the offset it names cannot be read. What stood before them was handed out; the
   * position stays in front of them.
   */
  onCorrupt(partition: TopicPartition, fault: FaultError): void
  /** All that is kept of a response was copied out of `bytes`: nobody looks at them any more. */
  copied?(bytes: Buffer): void
  /** Check the CRC-32C of every batch: costs more than all the rest. Default: false. */
  readonly checkCrc?: boolean
}

/** What was asked for, and whom to tell what is wrong with the answer. */
export interface Asked extends FetchDecoderOptions {
  readonly protocol: FetchProtocol
  position(topic: string, partition: number): number
}

const ownVersion = 11
const offsetOutOfRange = 1

/** Rejects with `records_corrupt` on bytes that are no such response. */
export function decodeLater(bytes: Buffer, asked: Asked): Promise<UnreadResponse> {
  return orCorrupt(async () => {
    if (asked.protocol.request.apiVersion !== ownVersion) {
      const response = await decodeByKafkajs(bytes, asked)
      return unread(response, [], async () => tellLost(response, asked))
    }
    const outline = readOutline(bytes)
    const { topics, ...rest } = outline
    const responses = topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ records, aborted, ...partition }) => partition)
    }))
    return unread({ throttleTime: 0, ...rest, responses }, nextPositions(outline), async () =>
      tellLost(await decodeEither(outline, bytes, asked), asked)
    )
  })
}

/** kafkajs takes a RangeError for a mistake in its own code and stops for good. */
async function orCorrupt<T>(decode: () => Promise<T>): Promise<T> {
  try {
    return await decode()
  } catch (cause) {
    throw new FaultError('records_corrupt', { detail: messageOf(cause), cause })
  }
}

function unread(
  response: FetchResponse<unknown>,
  next: NextPosition[],
  read: () => Promise<FetchResponse<FetchedBatch>>
): UnreadResponse {
  const responses = response.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(partition => ({ ...withoutLost(partition), messages: [] }))
  }))
  return { ...response, responses, next, read: () => orCorrupt(read) }
}

function nextPositions({ topics }: Outline): NextPosition[] {
  return topics.flatMap(({ topicName, partitions }) =>
    partitions.flatMap(({ partition, records, lastStableOffset }: RawPartition) => {
      const offset = offsetAfter(records)
      if (offset === null) return []
      return [{ topic: topicName, partition, offset, hasMore: offset < Number(lastStableOffset) }]
    })
  )
}

async function decodeEither(
  outline: Outline,
  bytes: Buffer,
  asked: Asked
): Promise<FetchResponse<FetchedBatch>> {
  const { checkCrc = false, position } = asked
  const onCorrupt = (topic: string, partition: number, corruption: Corruption) =>
    asked.onCorrupt({ topic, partition }, corruptionFault(`${topic}/${partition}`, corruption))
  try {
    const response = await decodeResponse(outline, { checkCrc, position, onCorrupt })
    if (isShared(outline)) asked.copied?.(bytes)
    return response
  } catch (error) {
    if (!(error instanceof OldFormatError)) throw error
    return decodeByKafkajs(bytes, asked)
  }
}

async function decodeByKafkajs(bytes: Buffer, { protocol, position }: Asked) {
  registerCodecs()
  return reencode(await protocol.response.decode(bytes), position)
}

function corruptionFault(path: string, { offset, reason, cause }: Corruption): FaultError {
  return new FaultError('records_corrupt', { path, detail: `at offset ${offset}: ${reason}`, cause })
}

function tellLost(
  response: FetchResponse<FetchedBatch>,
  { onPositionLost, position }: Asked
): FetchResponse<FetchedBatch> {
  const responses = response.responses.map(({ topicName: topic, partitions }) => ({
    topicName: topic,
    partitions: partitions.map(fetched => {
      const { partition, errorCode } = fetched
      if (errorCode === offsetOutOfRange) onPositionLost({ topic, partition }, position(topic, partition))
      return withoutLost(fetched)
    })
  }))
  return { ...response, responses }
}

function withoutLost<Partition extends { errorCode: number }>(partition: Partition): Partition {
  return partition.errorCode === offsetOutOfRange ? { ...partition, errorCode: 0 } : partition
}
