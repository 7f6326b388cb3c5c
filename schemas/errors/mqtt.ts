// What can go wrong at an MQTT broker: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'
import { mqttSourceErrors } from './mqtt-source.ts'

export const mqttErrors = {
  mqtt_connect_failed: {
    sentence: 'The broker could not be reached',
    hint: 'Check the host and port in url, DNS, the network, and that the broker runs.',
    outcome: 'unsent'
  },
  mqtt_hung_up: {
    sentence: 'The connection was closed before the broker had answered',
    hint: 'Check that url begins with mqtts:// (wss://) if the port speaks TLS, as 8883 does, and with mqtt:// (ws://) if it does not, as 1883, and that the broker runs behind that port; an old broker may need version 3.1.1.',
    outcome: 'unsent'
  },
  mqtt_connect_timeout: {
    sentence: 'The broker did not accept the connection in time',
    hint: 'Check that url and port are those of an MQTT broker, that mqtts:// or wss:// stands only before a port that speaks TLS, and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  mqtt_tls_failed: {
    isBlameless: true,
    sentence: 'No trusted TLS connection to the broker came about',
    hint: 'Check its certificate, tls.ca if it has an authority of its own, and that url and port speak TLS.',
    outcome: 'unsent'
  },
  mqtt_unavailable: { sentence: 'The broker takes no connections at the moment', outcome: 'unsent' },
  mqtt_unauthorized: {
    sentence: 'The broker refused the credentials',
    hint: 'Check username, password and the client certificate, and what the broker allows this client id.',
    outcome: 'halt'
  },
  mqtt_client_id_refused: {
    sentence: 'The broker refused the client id',
    hint: 'Set clientId to one that the broker accepts.',
    outcome: 'halt'
  },
  mqtt_version_refused: {
    sentence: 'The broker does not speak this version of MQTT',
    hint: 'Set version to 3.1.1.',
    outcome: 'halt'
  },
  mqtt_connect_refused: {
    sentence: 'The broker refused the connection',
    hint: 'Its reason should say why; check url and the settings of the broker for this client.',
    outcome: 'halt'
  },
  mqtt_web_socket_refused: {
    sentence: 'What answers there lets nobody in over a WebSocket',
    hint: 'Its HTTP status is told. Check host, port and path of url, a token in its query, and what stands in between, such as a proxy.',
    outcome: 'halt'
  },
  mqtt_connection_lost: {
    sentence: 'The connection to the broker broke before it had confirmed',
    outcome: 'unknown'
  },
  mqtt_disconnected: {
    isBlameless: true,
    sentence: 'The broker ended the connection, for a reason that is not a message',
    hint: 'Its reason is told; look into the log of the broker if it goes on.',
    outcome: 'unknown'
  },
  mqtt_taken_over: {
    isBlameless: true,
    sentence: 'Another client connected with the same client id, so the broker closed this connection',
    hint: 'Leave clientId unset, or give every instance one of its own.',
    outcome: 'unknown'
  },
  mqtt_ack_timeout: {
    sentence: 'The broker took a message and did not confirm it in time',
    hint: 'Look into the log of the broker, or raise ackTimeoutMs.',
    outcome: 'unknown'
  },
  mqtt_passed_over: {
    sentence: 'The broker did not confirm a message in time, and confirmed later ones',
    hint: 'The device waits and is tried again, and nothing of it is set aside: a broker that is too busy looks the same as one that dislikes a message. Look into the log of the broker; maxAttempts of the stream gives such messages up.',
    outcome: 'unknown',
    isBlameless: true
  },
  mqtt_answer_malformed: {
    sentence: 'What answered does not speak MQTT as it should',
    hint: 'Check that url and port are those of an MQTT broker, and that url begins with mqtts:// (wss://) if the port speaks TLS.',
    outcome: 'unsent'
  },
  mqtt_throttled: {
    isOverload: true,
    sentence: 'The broker has taken as much as it allows this client',
    hint: 'Raise the quota at the broker.',
    outcome: 'retry'
  },
  mqtt_publish_failed: { sentence: 'The broker could not take the message', outcome: 'retry' },
  mqtt_predecessor_failed: {
    sentence: 'An earlier message of the same device failed, and this one has to follow it',
    outcome: 'unsent'
  },
  mqtt_topic_refused: {
    sentence: 'The broker does not let this client publish to the topic',
    hint: 'Check topic, and what the broker allows this user to write.',
    outcome: 'halt'
  },
  mqtt_device_refused: {
    sentence: 'The broker does not let this client publish to the topic of this device',
    hint: 'Check what the broker allows this user to write, and that it knows the device.',
    outcome: 'reject'
  },
  mqtt_message_unfit: {
    sentence:
      'The message does not have what its topic, payload or properties are made of, or holds what cannot be sent',
    hint: 'A step can set or change the field, or filter such messages out.',
    outcome: 'reject'
  },
  mqtt_too_large: {
    sentence: 'The message is larger than the broker takes',
    hint: 'Raise the limit of the broker; a step can make such messages smaller.',
    outcome: 'reject'
  },
  mqtt_rejected: {
    sentence: 'The broker refused the message for what it contains',
    hint: 'The answer of the broker should say why; a step can leave out or change such messages.',
    outcome: 'reject'
  },
  ...mqttSourceErrors
} as const satisfies Record<string, ErrorSpec>
