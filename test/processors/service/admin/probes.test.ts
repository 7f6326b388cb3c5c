// What the probes of Kubernetes are answered by real processes, whatever is wrong around them: the table of
// processors/README.md. Only an event loop that does not turn may fail liveness, and nothing around a process readiness.

import { rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { startLocalKafka } from '../../../../connectors/kafka/local/local.ts'
import { freePorts } from '../../../../connectors/kafka/local/ports.ts'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { readiness } from '../../../../processors/service/admin/probes.ts'
import { until } from '../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { startCommand } from '../../commands/child.ts'
import { messages, startReceiver, writeConfig } from '../start.ts'
import { type Probed, startProbed } from './probed.ts'

/** How long a probe waits that is expected to get no answer. */
const hastyMs = 2_000

const alive = [200, 'ok'] as const
const ready = { healthz: alive, readyz: [200, 'ready'] } as const
const unready = (reason: string) => ({ healthz: alive, readyz: [503, reason] }) as const

/** One channel and one stream. */
function flow(url: string, brokers = testBrokers()) {
  const topic = uniqueName('probes')
  return {
    kafka: { brokers },
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: { acme: { from: ['fleet'], group: topic, start: 'earliest', target: { http: { url } } } }
  }
}

const post = ({ sourceUrl }: Probed, count: number) =>
  fetch(`${sourceUrl}/channels/fleet/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(messages(count))
  })

test('readiness follows the phase of the process and names what it waits for', t => {
  t.is(readiness({ phase: 'running' }).status, 200)
  for (const phase of ['connecting', 'starting', 'draining', 'stopped'] as const)
    t.is(readiness({ phase }).status, 503)
  t.is(readiness({ phase: 'connecting' }).body, 'waiting for Kafka\n')
})

test('a process whose target is down is alive and ready', async t => {
  const [nobody] = await freePorts(1)
  const probed = await startProbed(t, flow(`http://127.0.0.1:${nobody}`))
  await probed.logged('service_started')
  t.is((await post(probed, 3)).status, 200)
  await until('the stream waits', async () => (await probed.status()).streams[0].state === 'waiting')
  t.deepEqual(await probed.answers(), ready)
})

test('a process that has never reached Kafka is alive and not ready; one that has stays ready when Kafka goes', async t => {
  const receiver = await startReceiver(t)
  const [port = 0] = await freePorts(1)
  const probed = await startProbed(t, flow(receiver.url, [`127.0.0.1:${port}`]))
  await probed.logged('kafka_waiting')
  await until('it tells why', async () => (await probed.status()).trouble !== undefined)
  t.deepEqual(await probed.answers(), unready('waiting for Kafka: kafka_unreachable'))
  const page = await (await fetch(`${probed.adminUrl}/metrics`)).text()
  t.regex(page, /^tailrace_service_trouble\{code="kafka_unreachable"\} 1$/m)
  t.is((await post(probed, 1)).status, 503)
  const kafka = await startLocalKafka({ firstPort: port })
  t.teardown(() => kafka.stop())
  await probed.logged('service_started')
  t.deepEqual(await probed.answers(), ready)
  t.is((await post(probed, 3)).status, 200)
  await until('they have arrived', () => receiver.arrived.length === 3)

  await kafka.stop()
  const refused = await post(probed, 1)
  t.like([refused.status, JSON.parse(await refused.text())], [503, { error: { code: 'kafka_unavailable' } }])
  t.deepEqual(await probed.answers(), ready)
})

test('a process that refused a changed configuration is alive and ready, and goes on with the one before', async t => {
  const receiver = await startReceiver(t)
  const config = flow(receiver.url)
  const probed = await startProbed(t, config)
  await probed.logged('service_started')
  writeFileSync(probed.path, JSON.stringify({ ...config, stream: {} }))
  const { reasons } = await probed.logged('config_refused')
  t.regex(String(reasons), /did you mean "streams"/)
  t.deepEqual(await probed.answers(), ready)
  const { config: told } = await probed.status()
  t.like(told, { generation: 1, refused: { reasons } })
  const page = await (await fetch(`${probed.adminUrl}/metrics`)).text()
  t.regex(page, /^tailrace_config_last_reload_successful 0$/m)
  t.regex(page, /^tailrace_service_phase\{phase="running"\} 1$/m)
  t.regex(page, /^tailrace_service_phase\{phase="connecting"\} 0$/m)
  t.notRegex(page, /^tailrace_service_trouble\{/m)
  t.is((await post(probed, 3)).status, 200)
  await until('the stream goes on', () => receiver.arrived.length === 3)
})

test('a process whose event loop is blocked answers no probe, and answers again once it turns', async t => {
  const receiver = await startReceiver(t)
  const config = flow(receiver.url)
  const block = `${writeConfig(t, {})}.block`
  const imported = pathToFileURL(packageRoot('dist/test/processors/service/admin/blocked.js'))
  const env = { NODE_OPTIONS: `--import=${imported}`, TAILRACE_BLOCKED_WHILE: block }
  const probed = await startProbed(t, config, env)
  await probed.logged('service_started')
  writeFileSync(block, '')
  probed.child.signal('SIGUSR2')
  await until('nothing answers', async () => (await probed.answers(hastyMs)).healthz === null)
  t.deepEqual(await probed.answers(hastyMs), { healthz: null, readyz: null })
  rmSync(block)
  t.deepEqual(await probed.answers(), ready)
})

test('a process that was stopped by SIGSTOP answers no probe, and answers again after SIGCONT', async t => {
  const receiver = await startReceiver(t)
  const probed = await startProbed(t, flow(receiver.url))
  await probed.logged('service_started')
  probed.child.signal('SIGSTOP')
  await until('nothing answers', async () => (await probed.answers(hastyMs)).healthz === null)
  probed.child.signal('SIGCONT')
  t.deepEqual(await probed.answers(), ready)
})

test('a process that drains is alive and not ready until it ends', async t => {
  const hung = await startReceiver(t, () => ({ kind: 'hang' }))
  const probed = await startProbed(t, { ...flow(hung.url), drainTimeoutMs: 4_000 })
  await probed.logged('service_started')
  await post(probed, 1)
  await until('it is sent', () => hung.arrived.length === 1)
  probed.child.signal('SIGTERM')
  await probed.logged('service_stopping')
  t.deepEqual(await probed.answers(), unready('draining'))
  t.is((await probed.child.ended).code, 0)
})

test('a configuration that is broken at the start ends the process with 2, and both the log and standard error say why', async t => {
  const path = writeConfig(t, { kafka: { brokers: ['127.0.0.1:9092'] }, stream: {} })
  const child = startCommand(t, ['run', path])
  const line = JSON.parse(await child.line())
  t.like(line, { level: 'error', event: 'start_failed', code: 'config_invalid', exitCode: 2 })
  t.regex(String(line.reasons), /tailrace\.yaml:1:\d+ .*did you mean "streams"/)
  const { code, stderr } = await child.ended
  t.is(code, 2)
  t.regex(stderr, /tailrace\.yaml:1:\d+ .*did you mean "streams"/)
})

test('what keeps a process from starting stands in its log with the exit code and a hint', async t => {
  const receiver = await startReceiver(t)
  const admin = Number(new URL(receiver.url).port)
  const path = writeConfig(t, { kafka: { brokers: testBrokers() }, listen: { admin } })
  const child = startCommand(t, ['run', path])
  const line = JSON.parse(await child.lineWhere(text => text.includes('start_failed')))
  t.like(line, { code: 'listen_failed', exitCode: 3 })
  t.regex(line.hint, /another host and port/)
  t.is((await child.ended).code, 3)
})
