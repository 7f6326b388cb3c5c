// Ends messages that are too old by their own timestamp, which is when the device measured. How long a message has waited in
// Kafka is another thing: `ttlSeconds` of the stream.

import { Type } from 'typebox'
import { timestampOf } from '../measured.ts'
import { defineStep } from '../step.ts'

export const expire = defineStep({
  kind: 'expire',
  summary:
    'Ends messages whose timestamp, the time of measurement, is longer ago than this; they are counted as expired. ttlSeconds of the stream is about the time since Kafka got them.',
  config: Type.Object(
    {
      olderThanSeconds: Type.Number({ description: 'The greatest age that passes.', exclusiveMinimum: 0 }),
      aheadSeconds: Type.Optional(
        Type.Number({
          description: 'Ends those, too, whose timestamp is further ahead of our clock than this.',
          minimum: 0
        })
      )
    },
    { additionalProperties: false }
  ),
  examples: [
    {
      settings: 'expire: { olderThanSeconds: 3600 }',
      messages: [{ timestamp: 1_767_225_000 }, { timestamp: 1_767_200_000 }, { timestamp: 'now' }],
      results: [
        { timestamp: 1_767_225_000 },
        'expired',
        'field "timestamp": it must be a number of Unix seconds, found a text'
      ]
    }
  ],
  create({ olderThanSeconds, aheadSeconds = Number.POSITIVE_INFINITY }, env) {
    env.reads('timestamp')
    return {
      remembers: false,
      apply(draft) {
        const timestamp = timestampOf(draft.fields)
        if (typeof timestamp !== 'number') return timestamp
        const ageSeconds = draft.nowMs / 1000 - timestamp
        return ageSeconds > olderThanSeconds || -ageSeconds > aheadSeconds ? 'expired' : 'pass'
      }
    }
  }
})
