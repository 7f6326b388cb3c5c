// What can go wrong at Azure IoT Hub: a part of the closed list in errors.ts. What any MQTT broker may do is in mqtt.ts.

import type { ErrorSpec } from '../errors.ts'

export const iotHubErrors = {
  iot_hub_connect_failed: {
    sentence: 'The IoT hub could not be reached',
    hint: 'Check host, DNS, the network, and that the port of the mode is let through: 443 for https and webSocket, 8883 for mqtt.',
    outcome: 'unsent'
  },
  iot_hub_connect_timeout: {
    sentence: 'The IoT hub did not accept the connection in time',
    hint: 'Check host, the network and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  iot_hub_tls_failed: {
    isBlameless: true,
    sentence: 'No trusted TLS connection to the IoT hub came about',
    hint: 'Check host, tls.ca if something with an authority of its own stands in between, and that nothing on the way answers for the hub.',
    outcome: 'unsent'
  },
  iot_hub_hung_up: {
    sentence: 'The IoT hub closed the connection without an answer',
    hint: 'If it goes on for one device: check its identity and certificate. If for all: look for throttled connections in the metrics of the hub, and for an IP filter.',
    outcome: 'unsent'
  },
  iot_hub_answer_timeout: {
    isBlameless: true,
    sentence: 'The IoT hub took a message and did not confirm it in time',
    hint: 'Look for throttling in the metrics of the hub, which delays what exceeds it, or raise answerTimeoutMs.',
    outcome: 'unknown'
  },
  iot_hub_connection_lost: {
    isBlameless: true,
    sentence: 'The connection to the IoT hub broke before it had confirmed',
    hint: 'If it goes on for one device: does it connect by itself, too? A second connection of an identity ends the first.',
    outcome: 'unknown'
  },
  iot_hub_answer_malformed: {
    isBlameless: true,
    sentence: 'What answered does not speak as an IoT hub does',
    hint: 'Check that host is the one of an IoT hub and nothing on the way answers for it.',
    outcome: 'unknown'
  },
  iot_hub_unauthorized: {
    sentence: 'The IoT hub takes the credentials of no device',
    hint: 'Check policy (it needs "Device connect"), groupKey or the keys, host, and the clock of this machine: tokens are good for a time only.',
    outcome: 'halt'
  },
  iot_hub_token_refused: {
    sentence: 'The IoT hub refused a token, and a new one is made',
    outcome: 'retry'
  },
  iot_hub_device_refused: {
    sentence: 'The IoT hub does not let the device in, while it takes others',
    hint: 'Check in the registry of the hub that the device is there and enabled, and that its key is the one used here: what waits then goes out by itself.',
    outcome: 'reject'
  },
  iot_hub_device_unknown: {
    sentence: 'The IoT hub does not know the device',
    hint: 'Register it in the hub under this id: what waits then goes out by itself.',
    outcome: 'reject'
  },
  iot_hub_key_missing: {
    sentence: 'There is no key for the device',
    hint: 'Add its line to deviceKeys, or its attribute where deviceKeyField names one.',
    outcome: 'reject'
  },
  iot_hub_certificate_missing: {
    sentence: 'There is no certificate for the device',
    hint: 'Put the files that certificates names for it in their place; what waits then goes out by itself.',
    outcome: 'reject'
  },
  iot_hub_certificate_unreadable: {
    isBlameless: true,
    sentence: 'The certificate of the device cannot be read or used at the moment',
    hint: 'Check that this user may read the files that certificates names, that both are PEM, and that they belong together. It is tried again by itself.',
    outcome: 'unsent'
  },
  iot_hub_quota_exceeded: {
    sentence: 'The IoT hub has taken as many messages as it may in a day',
    hint: 'Add units to the hub, or send fewer messages: each is counted by 4 KB. It is tried again after quotaPauseMs.',
    outcome: 'retry'
  },
  iot_hub_throttled: {
    isOverload: true,
    sentence: 'The IoT hub asked to send less often',
    hint: 'Add units to the hub; rateLimit of the stream keeps below what it takes.',
    outcome: 'retry'
  },
  iot_hub_unavailable: {
    isOverload: true,
    sentence: 'The IoT hub cannot take messages at the moment',
    outcome: 'retry'
  },
  iot_hub_not_taken: { sentence: 'The IoT hub did not take the request', outcome: 'retry' },
  iot_hub_predecessor_failed: {
    sentence: 'An earlier message of the same device failed, and this one has to follow it',
    outcome: 'unsent'
  },
  iot_hub_address_refused: {
    sentence: 'What answers there is no IoT hub',
    hint: 'Check host: the portal shows it as Hostname, <name>.azure-devices.net.',
    outcome: 'halt'
  },
  iot_hub_message_unfit: {
    sentence: 'The message has not what a device id or its properties are made of',
    hint: "A device id is up to 128 letters, digits and - . % _ * ? ! ( ) , : = @ $ '; deviceId makes one of other fields.",
    outcome: 'reject'
  },
  iot_hub_too_large: {
    sentence: 'The message is larger than the IoT hub takes',
    hint: 'A step can leave out what is not needed.',
    outcome: 'reject'
  },
  iot_hub_rejected: {
    sentence: 'The IoT hub refused the message for what it contains',
    hint: 'Its answer should say why; a step can leave out or change such messages.',
    outcome: 'reject'
  }
} as const satisfies Record<string, ErrorSpec>
