// The kinds of target that a fleet goes through, each with the double that its conformance suite uses.

import type { TargetUnderTest } from '../../../conformance/target.ts'
import { underTest as amqp } from '../../../connectors/amqp/under-test.ts'
import { underTest as awsIot } from '../../../connectors/aws-iot/under-test.ts'
import { underTest as eventHubs } from '../../../connectors/event-hubs/under-test.ts'
import { underTest as http } from '../../../connectors/http/under-test.ts'
import { underTest as iotHub, underTestMqtt as iotHubMqtt } from '../../../connectors/iot-hub/under-test.ts'
import { underTest as kafka } from '../../../connectors/kafka/target/under-test.ts'
import { underTest as mqtt } from '../../../connectors/mqtt/under-test.ts'
import { underTest as pubsub } from '../../../connectors/pubsub/under-test.ts'

export const targets: readonly TargetUnderTest[] = [
  http,
  mqtt,
  awsIot,
  iotHub,
  iotHubMqtt,
  eventHubs,
  pubsub,
  kafka,
  amqp
]
