// The AMQP target against the contract of targets, with the broker that misbehaves to order.

import test from 'ava'
import { targetSuite } from '../../conformance/target.ts'
import { underTest } from './under-test.ts'

targetSuite(test.serial, underTest)
