// The part of a stream's configuration that says which devices count as silent.

import { Type } from 'typebox'

export const silenceSchema = Type.Object(
  {
    afterSeconds: Type.Number({
      description: 'A device of which Kafka has got nothing for longer is silent.',
      default: 86_400,
      minimum: 1
    })
  },
  {
    additionalProperties: false,
    description:
      'Tells of devices that are silent: once in the log, in a metric, in /status and by "tailrace silent". Devices of the attributes that the stream wants are expected although they were never heard. When each was heard is kept in the state topic. Written as {} it counts after a day; without it nobody asks.'
  }
)
