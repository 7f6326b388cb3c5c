// What can go wrong at what connectors speak to: the parts of the closed list in errors.ts, one for each.

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
