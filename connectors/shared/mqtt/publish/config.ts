// What a PUBLISH is made of, as it is configured: the part that all targets that speak MQTT have in common.

import { type Static, Type } from 'typebox'

/** A text of MQTT is at most 65,535 bytes long, and a character takes up to four of them. */
export const maxTextLength = 16_383

export const publishFields = {
  topic: Type.String({
    description:
      'The topic that messages are published to. {ident} and other fields of messages may stand in it; a value that holds /, + or # has no topic.',
    minLength: 1,
    maxLength: maxTextLength,
    pattern: '^[^#+\\u0000]+$',
    examples: ['fleet/telemetry', 'fleet/{ident}/telemetry'],
    'x-expects': 'the name of a topic, without # and +',
    'x-public': true
  }),
  format: Type.Enum(['object', 'array', 'byDevice'], {
    description:
      'The payload: one message (object), a JSON array of messages of one topic, or a JSON object with an array of messages for each device (byDevice).',
    default: 'object'
  }),
  item: Type.Optional(
    Type.String({
      description:
        'What each message becomes in the payload, in JSON: {name} stands for a field of it, {@message} for all of it, {@ms} for its time in Unix ms, {@id} for its id.',
      minLength: 2,
      examples: ['{"ts": {@ms}, "values": {@message}}']
    })
  ),
  retain: Type.Boolean({
    description: 'The broker keeps the last message of a topic for those who subscribe later.',
    default: false
  }),
  contentType: Type.Optional(
    Type.String({
      description: 'The content type that subscribers are told (MQTT 5).',
      minLength: 1,
      maxLength: maxTextLength,
      examples: ['application/json']
    })
  ),
  userProperties: Type.Record(Type.String({ minLength: 1, maxLength: maxTextLength }), Type.String(), {
    description:
      'User properties of every PUBLISH (MQTT 5). {name} stands for a field of the message and {@id} for its id, where a PUBLISH holds one message.',
    default: {},
    additionalProperties: false,
    examples: [{ 'message-id': '{@id}' }]
  }),
  expires: Type.Boolean({
    description:
      'The broker drops what no subscriber has taken by the end of the ttlSeconds of the stream (message expiry of MQTT 5).',
    default: false
  })
}

const publishSchema = Type.Object(publishFields)

export type PublishConfig = Static<typeof publishSchema>
