// The Azure IoT Hub target over HTTPS against the contract of targets.

import test from 'ava'
import { targetSuite } from '../../conformance/target.ts'
import { underTest } from './under-test.ts'

targetSuite(test.serial, underTest)
