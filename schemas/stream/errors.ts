// What can go wrong with what a stream does to messages before it sends them, with their numbers, and with its receipts.

import type { ErrorSpec } from '../errors.ts'

export const streamErrors = {
  step_failed: {
    sentence: 'A step of the stream cannot take the message',
    hint: 'Mend the step, or what sends the message, and resend the dead letter: it meets the steps again.',
    outcome: 'reject'
  },
  attribute_missing: {
    sentence: 'The device lacks an attribute that the stream requires',
    hint: 'Add it where the section attributes says; the device goes on by itself.',
    outcome: 'reject'
  },
  sequence_failed: {
    sentence: 'The message cannot carry a number',
    hint: 'A stream with sequence sends JSON objects of devices: mend the last step, or what sends the message, and resend the dead letter.',
    outcome: 'reject'
  },
  sequence_too_large: {
    sentence: 'The topic of the numbers does not take a record of this size, so the message got none',
    hint: 'Raise max.message.bytes of the topic in sequence.topic (default: <group>.sequences), and resend the dead letter.',
    outcome: 'reject'
  },
  sequence_moved: {
    sentence: 'The numbers of a device may stand in another partition, and would begin anew',
    hint: 'The channel and the topic of its numbers need the same number of partitions. Where the channel got more, give the stream a new sequence.topic, with a startAt above all numbers that were given, and leave it there. Where none was given yet, make the topic anew. Add no partitions to the topic of the numbers: devices move, and theirs would begin anew. Nor is another topic for the channel a way before all of the old one is sent and nothing waits: what it still owes would be left behind.',
    outcome: 'halt'
  },
  sequence_stray: {
    sentence:
      'A device lies in a partition where Kafka’s own clients would not put it, and may have numbers in another',
    hint: 'Let all producers of the channel place devices as Kafka’s own clients do (librdkafka: partitioner=murmur2_random). Where all of them place every device in one other way, say so with sequence.anyPartitioner.',
    outcome: 'halt'
  },
  sequences_lost: {
    sentence: 'The topic of the numbers holds fewer than were given, so some would be given again',
    hint: 'Restore the topic, or name the right one in sequence.topic. Where it is gone for good, let numbers go on in a new sequence.topic, with a sequence.startAt well above all that were given, and leave it there.',
    outcome: 'halt'
  },
  sequence_unreadable: {
    sentence: 'A record in the topic of the numbers cannot be read, and may tell of numbers that were given',
    hint: 'Something else writes to the topic, or a newer version of Tailrace did: go on with that version. Where it is gone for good, let numbers go on in a new sequence.topic, with a sequence.startAt well above all that were given, and leave it there.',
    outcome: 'halt'
  },
  topic_forgets: {
    sentence: 'The topic would forget what the stream has to keep',
    hint: 'Set cleanup.policy of the topic: compact for numbers, delete for receipts.',
    outcome: 'halt'
  },
  sequence_full: {
    sentence: 'There are more devices than the stream may know the numbers of',
    hint: 'Raise sequence.maxDevices (some 250 bytes each), or run more processes.',
    outcome: 'halt'
  },
  topic_cut: {
    sentence: 'The topic holds less than was written to it',
    hint: 'It was made anew, or cut when a broker took over that was behind. Restore what is missing, or restart the process: it goes on with what the topic holds, and halts where numbers are known to be missing.',
    outcome: 'halt'
  },
  topic_shared: {
    sentence: "Another group writes to a topic that is this stream's own",
    hint: 'Give each stream a sequence.topic and a receipts.topic of its own. After a change of group the new one needs new topics, too, with a sequence.startAt above all numbers that were given.',
    outcome: 'halt'
  },
  partition_contested: {
    sentence: 'Another process has claimed the partition',
    hint: 'One that was thought dead may do so for some seconds; if it stays, two streams use the same topic.'
  },
  receipts_missing: {
    sentence: 'There are no receipts',
    hint: 'Look whether it is the right stream or file: a stream writes its first receipts when it starts, so somebody may have deleted them.',
    exitCode: 1
  },
  receipts_broken: {
    sentence: 'The receipts are not what was written',
    hint: 'Compare with a copy, or with head hashes that were kept elsewhere; what lies before the break is sound.',
    exitCode: 1
  }
} as const satisfies Record<string, ErrorSpec>
