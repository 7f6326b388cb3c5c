// The Google Pub/Sub target against the contract of targets: with a service account over TLS and a key for each device, and
// with an emulator that gets one request for all of them.

import test from 'ava'
import { targetSuite } from '../../conformance/target.ts'
import { emulatorUnderTest, underTest } from './under-test.ts'

targetSuite(test.serial, underTest)
targetSuite(test.serial, emulatorUnderTest)
