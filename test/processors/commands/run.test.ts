// `tailrace run` as an operating system runs it: signals, exit codes and what is told.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { until } from '../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../kafka.ts'
import { messages, startReceiver, writeConfig } from '../service/start.ts'

interface LogLine {
  readonly event: string
  readonly [field: string]: unknown
}

function run(t: ExecutionContext, args: readonly string[]) {
  const child = spawn(process.execPath, [packageRoot('dist/processors/main.js'), 'run', ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  /** The next log line of this event, and of this kind of listener. */
  const logged = async (event: string, kind?: string): Promise<LogLine> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`the process ended before ${event}`)
      const line = JSON.parse(value)
      if (line.event === event && (kind === undefined || line.kind === kind)) return line
    }
  }
  const ended = Promise.all([once(child, 'exit'), text(child.stderr)]).then(([[code], stderr]) => ({
    code,
    stderr
  }))
  return { child, logged, ended }
}

/** One channel and one stream, on ports of the system's choice. */
function flow(topic: string, url: string) {
  return {
    kafka: { brokers: testBrokers() },
    listen: { http: 0, admin: 0 },
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: { acme: { from: ['fleet'], group: topic, start: 'earliest', target: { http: { url } } } }
  }
}

const post = (port: unknown, count: number) =>
  fetch(`http://127.0.0.1:${port}/channels/fleet/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(messages(count))
  })

/** A receiver whose requests are answered when the test says so. */
async function startPatientReceiver(t: ExecutionContext) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return { server, url: `http://127.0.0.1:${port}` }
}

test('SIGTERM lets what is in flight be confirmed and ends with 0; the next process does not repeat it', async t => {
  const { server, url } = await startPatientReceiver(t)
  const topic = uniqueName('drain')
  const first = run(t, [writeConfig(t, flow(topic, url))])
  const { port } = await first.logged('listener_opened', 'http')
  await first.logged('service_started')
  const requested = once(server, 'request')
  t.is((await post(port, 3)).status, 200)
  const [, response] = await requested
  first.child.kill('SIGTERM')
  await first.logged('service_stopping')
  response.end()
  t.deepEqual(await first.ended, { code: 0, stderr: '' })

  const receiver = await startReceiver(t)
  const second = run(t, [writeConfig(t, flow(topic, receiver.url))])
  const listener = await second.logged('listener_opened', 'http')
  await second.logged('service_started')
  await post(listener.port, 7)
  await until('what was sent later has arrived', () => receiver.arrived.length >= 7)
  second.child.kill('SIGINT')
  t.is((await second.ended).code, 0)
  // Devices of their own: no order is promised among them.
  t.deepEqual(receiver.arrived.toSorted(), [0, 1, 2, 3, 4, 5, 6])
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143]
] as const) {
  test(`a second signal, ${signal}, ends the process at once with ${code}`, async t => {
    const { server, url } = await startPatientReceiver(t)
    const { child, logged, ended } = run(t, [writeConfig(t, flow(uniqueName('twice'), url))])
    const { port } = await logged('listener_opened', 'http')
    await logged('service_started')
    const requested = once(server, 'request')
    await post(port, 1)
    await requested
    child.kill('SIGTERM')
    await logged('service_stopping')
    child.kill(signal)
    t.is((await ended).code, code)
  })
}

test('a change of the file is applied by itself, a mistake in it is refused, and SIGHUP has it read at once', async t => {
  const [first, second] = [await startReceiver(t), await startReceiver(t)]
  const topic = uniqueName('change')
  const path = writeConfig(t, flow(topic, first.url))
  const { child, logged, ended } = run(t, [path])
  const { port } = await logged('listener_opened', 'http')
  await logged('service_started')
  await post(port, 3)
  await until('the first has them', () => first.arrived.length === 3)
  writeFileSync(path, JSON.stringify(flow(topic, second.url)))
  const { restarted } = await logged('config_applied')
  t.deepEqual(restarted, { acme: 'target.http.url' })
  await post(port, 5)
  await until('the second has what came later', () => second.arrived.length === 5)
  writeFileSync(path, JSON.stringify({ ...flow(topic, first.url), stream: {} }))
  t.regex(String((await logged('config_refused')).reasons), /did you mean "streams"/)
  writeFileSync(path, JSON.stringify(flow(topic, second.url)))
  await logged('config_unchanged')
  child.kill('SIGHUP')
  await logged('config_unchanged')
  await post(port, 1)
  await until('it goes on', () => second.arrived.length === 6)
  child.kill('SIGTERM')
  t.is((await ended).code, 0)
  t.is(first.arrived.length, 3)
})

test('an invalid configuration ends with 2 and tells every mistake with its place', async t => {
  const path = writeConfig(t, { kafka: { brokers: ['127.0.0.1:9092'] }, stream: {} })
  const { code, stderr } = await run(t, [path]).ended
  t.is(code, 2)
  t.regex(stderr, /tailrace\.yaml:1:\d+ .*did you mean "streams"/)
})

test('a configuration that is not there ends with 3', async t => {
  const { code, stderr } = await run(t, ['/nowhere/tailrace.yaml']).ended
  t.is(code, 3)
  t.regex(stderr, /no such file/)
})

test('a port in use ends with 3', async t => {
  const { url } = await startPatientReceiver(t)
  const admin = Number(new URL(url).port)
  const path = writeConfig(t, { kafka: { brokers: testBrokers() }, listen: { admin } })
  const { code, stderr } = await run(t, [path]).ended
  t.is(code, 3)
  t.regex(stderr, /EADDRINUSE/)
})

test('SIGTERM while Kafka is waited for ends with 0', async t => {
  const { url } = await startPatientReceiver(t) // takes connections and says nothing, as a black hole does
  const brokers = [new URL(url).host]
  const { child, logged, ended } = run(t, [writeConfig(t, { kafka: { brokers }, listen: { admin: 0 } })])
  await logged('kafka_waiting')
  child.kill('SIGTERM')
  t.deepEqual(await ended, { code: 0, stderr: '' })
})

test('--help shows examples', async t => {
  const child = spawn(process.execPath, [packageRoot('dist/processors/main.js'), 'run', '--help'])
  t.regex(await text(child.stdout), /Examples:\n {2}tailrace run +tailrace\.yaml/)
})
