// What a stream may keep in topics of its own beside what waits and what was refused: what its steps remember, what was
// delivered last, the numbers of its messages, and receipts.

import { Type } from 'typebox'
import { count, topicName } from '../define.ts'

export const ledgerSchema = Type.Object(
  {
    topic: Type.Optional(topicName('The Kafka topic; default: <group>.ledger.')),
    maxDevices: count('Devices that a process remembers at most, some 250 bytes each.', 50_000)
  },
  {
    additionalProperties: false,
    description:
      'Keeps for each device what was delivered last and when, in a compacted topic, for "tailrace where". Written as {} it is kept with these defaults; without it, not.'
  }
)

export const sequenceSchema = Type.Object(
  {
    field: Type.String({
      description: 'The field of the message that carries the number; one that is there is overwritten.',
      minLength: 1,
      examples: ['seq']
    }),
    startAt: count('The number of the first message of a device.', 1, 0),
    topic: Type.Optional(topicName('The Kafka topic; default: <group>.sequences.')),
    maxDevices: count(
      'Devices of which a process knows the last number at most, some 250 bytes each.',
      200_000
    ),
    anyPartitioner: Type.Boolean({
      description:
        'Write true only where all producers of the channel place every device in one partition by another rule than Kafka’s own clients: without it a device that lies elsewhere halts the stream, since it may have numbers in two partitions.',
      default: false
    })
  },
  {
    additionalProperties: false,
    description:
      'Every message that is sent carries the next number of its device, without a gap and without using one twice, also over crashes, and keeps it whenever it is sent again. Without it there are no numbers.'
  }
)

export const receiptsSchema = Type.Object(
  {
    topic: Type.Optional(topicName('The Kafka topic; default: <group>.receipts.')),
    retentionHours: count(
      'How long Kafka keeps receipts when Tailrace creates the topic; default: ten years.',
      87_600
    )
  },
  {
    additionalProperties: false,
    description:
      'Keeps a chain of receipts of what was delivered when and what was answered, in which each holds the hash of the one before. Written as {} it is kept with these defaults; without it, not.'
  }
)

export const stateSchema = Type.Object(
  {
    topic: Type.Optional(topicName('The Kafka topic; default: <group>.state.')),
    maxDevices: count(
      'Devices of which a process remembers something at most; those silent longest are forgotten. One takes some 500 bytes, with fill or dedupe a few thousand.',
      50_000
    )
  },
  {
    additionalProperties: false,
    description:
      'Where it is kept over restarts what steps remember of each device: sample, dedupe, fill, geofence, and previous(), mileage() and duration() in expressions; and when it was heard. Without such a step, or silence, there is no topic.',
    default: {}
  }
)
