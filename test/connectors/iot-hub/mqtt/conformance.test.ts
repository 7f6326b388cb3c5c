// The Azure IoT Hub target over MQTT against the contract of targets.

import test from 'ava'
import { targetSuite } from '../../../conformance/target.ts'
import { underTestMqtt } from '../under-test.ts'

targetSuite(test.serial, underTestMqtt)
