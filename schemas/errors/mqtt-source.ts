// What can go wrong when messages are taken from an MQTT broker: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const mqttSourceErrors = {
  mqtt_session_taken: {
    sentence: 'Another client connected with the same client id, so the broker closed this connection',
    hint: 'Give every process a clientId of its own that stays the same, and divide the messages with shareGroup.',
    outcome: 'halt'
  },
  mqtt_session_interrupted: {
    sentence: 'The connection to the broker was lost, so nothing is received until the next one',
    hint: 'Look into the log of the broker and at the network; the session keeps what is published meanwhile.'
  },
  mqtt_subscription_refused: {
    sentence: 'The broker refused a subscription',
    hint: 'Check topics and shareGroup, what the broker allows this user to read, and that it grants QoS 1.',
    outcome: 'halt'
  },
  mqtt_payload_invalid: {
    sentence: 'A payload is not what this channel takes',
    hint: 'Look at it with "tailrace dead-letters show CHANNEL PLACE --channel"; the sender has to be mended.'
  },
  mqtt_payload_too_large: {
    sentence: 'A payload is larger than this channel takes',
    hint: 'Raise maxPacketBytes, maxMessages or maxMessageBytes of the source, or max.message.bytes of the topic.'
  },
  mqtt_retained_ignored: {
    sentence: 'A message that the broker had kept from before was ignored',
    hint: 'Set retained to take where it is wanted.'
  },
  mqtt_topic_unwanted: {
    sentence: 'A message came for a topic that the source does not have',
    hint: 'The session has a subscription of an earlier configuration: name it in formerTopics.'
  },
  mqtt_unconfirmed_lost: {
    sentence: 'A message that was published with QoS 0 could not be stored, and does not come again',
    hint: 'Have it published with QoS 1.'
  }
} as const satisfies Record<string, ErrorSpec>
