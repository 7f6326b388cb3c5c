// The part of a stream's configuration that says how late it may be.

import { Type } from 'typebox'

export const objectiveSchema = Type.Object(
  {
    maxAgeSeconds: Type.Number({
      description:
        'The age that no message should reach before it is settled. What is held for a device that the target refuses does not count.',
      minimum: 1,
      examples: [300]
    })
  },
  {
    additionalProperties: false,
    description:
      'What is expected of the stream, for alerts and /status; it changes nothing in how the stream works.'
  }
)
