// What can go wrong at what connectors speak to: the parts of the closed list in errors.ts, one for each, and what they share.

import { amqpErrors } from './amqp.ts'
import { awsIotErrors } from './aws-iot.ts'
import { eventHubsErrors } from './event-hubs.ts'
import { httpTargetErrors } from './http-target.ts'
import { iotHubErrors } from './iot-hub.ts'
import { kafkaTargetErrors } from './kafka-target.ts'
import { mqttErrors } from './mqtt.ts'
import { pubsubErrors } from './pubsub.ts'
import { wialonErrors, wialonSourceErrors } from './wialon.ts'
import { wialonIpsErrors } from './wialon-ips.ts'

export const connectorErrors = {
  refused_together: {
    sentence:
      'The other side refused messages that travelled together, without saying which of them it means',
    hint: 'Nothing has to be done: each device goes on with its oldest message alone, until the one that is to blame is found.',
    outcome: 'retry'
  },
  ...httpTargetErrors,
  ...kafkaTargetErrors,
  ...mqttErrors,
  ...awsIotErrors,
  ...iotHubErrors,
  ...pubsubErrors,
  ...eventHubsErrors,
  ...amqpErrors,
  ...wialonErrors,
  ...wialonSourceErrors,
  ...wialonIpsErrors
} as const
