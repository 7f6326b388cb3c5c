// What test files need to reach the Kafka that the test runner started for all of them. They share it, so every topic
// and group of a test has a name of its own.

import { randomBytes } from 'node:crypto'

/** The brokers of the shared Kafka, `host:port` each. */
export function testBrokers(): string[] {
  const brokers = process.env.TAILRACE_TEST_KAFKA
  if (!brokers)
    throw new Error('There is no Kafka for tests: run npm test, or set TAILRACE_TEST_KAFKA=host:port')
  return brokers.split(',')
}

/** A name that no other test, and no other run, uses: valid for topics and groups. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}
