// What `npm test` runs after the build: one local Kafka for all test files, then AVA, then one line with the totals.
// Arguments are passed on to AVA. TAILRACE_TEST_KAFKA=host:port uses a Kafka that is already there.

import { type LocalKafka, startLocalKafka } from '../connectors/kafka/local/local.ts'
import { FaultError, messageOf } from '../schemas/errors.ts'
import { runAva } from './ava/run-ava.ts'
import { install } from './debian.ts'
import { helmPath } from './helm/helm.ts'
import { requirePip } from './helm/image/hadolint.ts'
import { requireMosquitto } from './mosquitto.ts'
import { requirePrometheus } from './prometheus.ts'
import { requireRabbitmq } from './rabbitmq.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())

const { passed, failed } = await runAll().catch((error: unknown) => {
  const hint = error instanceof FaultError && error.spec.hint ? `\n${error.spec.hint}` : ''
  process.stderr.write(`${messageOf(error)}${hint}\n`)
  return { passed: 0, failed: 1 }
})
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

async function runAll(): Promise<{ passed: number; failed: number }> {
  requireMosquitto()
  requireRabbitmq()
  requirePip()
  requirePrometheus()
  await helmPath()
  const given = process.env.TAILRACE_TEST_KAFKA
  if (given) return runTests(given)
  const kafka = await startKafka().catch((error: unknown) => {
    if (!(error instanceof FaultError) || !installMissing(error)) throw error
    return startKafka()
  })
  try {
    return await runTests(kafka.brokers.join(','))
  } finally {
    await kafka.stop()
  }
}

function startKafka(): Promise<LocalKafka> {
  return startLocalKafka({ progress: line => process.stderr.write(`${line}\n`), signal: interrupted.signal })
}

/** Installs Java and Maven where that is allowed and is what is missing; tells whether it has. */
function installMissing(fault: FaultError): boolean {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || (fault.code !== 'java_missing' && fault.code !== 'maven_missing')) return false
  process.stderr.write(`${fault.message}: installing it\n`)
  return install('default-jre-headless', 'maven')
}

function runTests(brokers: string): Promise<{ passed: number; failed: number }> {
  return runAva({
    arguments: process.argv.slice(2),
    env: { TAILRACE_TEST_KAFKA: brokers },
    colour: process.stdout.isTTY,
    signal: interrupted.signal,
    onLine: line => void process.stdout.write(`${line}\n`)
  })
}
