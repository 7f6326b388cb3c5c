// The shape of a message: one flat JSON object that a device sent, its names dotted. Only `ident` and `timestamp`
// mean something to Tailrace; everything else passes through as the very bytes that came.

import { Type } from 'typebox'

/** The longest `ident`, in bytes of UTF-8: it becomes the Kafka key of every message of its device. */
export const maxIdentBytes = 256

/** The longest message, unless a source is told otherwise: of the 1 MiB that Kafka takes, what key and headers leave. */
export const maxMessageBytes = 921_600

export const messageSchema = Type.Object(
  {
    ident: Type.String({
      description: `The device, at most ${maxIdentBytes} bytes of UTF-8. Order is promised per ident; it becomes the Kafka key.`,
      minLength: 1,
      maxLength: maxIdentBytes,
      examples: ['868647414815077']
    }),
    timestamp: Type.Number({
      description: 'When the device measured, in Unix seconds; fractions are allowed.',
      examples: [1681282189]
    })
  },
  {
    title: 'Tailrace message',
    description: 'One flat JSON object. Further names are dotted; their values may be any JSON.',
    additionalProperties: true,
    examples: [
      {
        ident: '868647414815077',
        timestamp: 1681282189,
        'position.latitude': 53.21024,
        'position.longitude': 48.4937,
        'position.speed': 75
      }
    ]
  }
)
