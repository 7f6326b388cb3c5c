// What is read again after it got its number: it is sent as it was written down, whatever the stream would make of it now.

import { withValue } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Partition } from '../assignment/partition.ts'
import { Pending } from '../dispatch/lane.ts'

type IsWanted = ((chunk: RecordChunk) => boolean) | null

/** The message of the record on which the cursor stands, with its number; null where it has none. */
export function givenOf(partition: Partition, chunk: RecordChunk): Pending | 'already_settled' | null {
  const given = partition.sequence?.numberAt(`c${chunk.offset}`, chunk)
  if (given === undefined) return null
  if (partition.lanes.find(chunk)?.device?.has(chunk.offset)) return 'already_settled'
  const message = new Pending(partition.lanes.of(chunk), withValue(chunk, given.value))
  message.sequence = given.number
  return message
}

/** Which records of the partition are wanted; null: all are. */
export function wantedOf({ sequence }: Partition, isWanted: IsWanted): IsWanted {
  if (sequence === null || isWanted === null) return isWanted
  return chunk => sequence.numberAt(`c${chunk.offset}`, chunk) !== undefined || isWanted(chunk)
}
