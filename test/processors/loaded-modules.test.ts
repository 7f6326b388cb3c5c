// What a process loads: the packages of a protocol only if one of its streams or channels speaks it, whatever is in the
// registry. What was loaded is what V8 says at the end of the process that it has run, whoever loaded it.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../connectors/clock.ts'
import { PubsubDouble } from '../../connectors/pubsub/double.ts'
import { until } from '../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../kafka.ts'
import { startCommand } from './commands/child.ts'
import { messages, startReceiver, writeConfig } from './service/start.ts'

/** Packages that speak the protocol of a platform, and what they bring; so does the SDK of traces, of which the client of Prometheus needs the interface. */
const ofPlatforms =
  /^(?:@azure|@google-cloud|@grpc|@opentelemetry(?!\/api$))\/|^(?:rhea|google-|amqp|nats|mqtt)|^ws$/

/** Runs `tailrace run` from HTTP to a target until it has delivered; tells the packages that it had loaded in the end. */
async function loadedWith(
  t: ExecutionContext,
  target: object,
  hasArrived: () => boolean
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-loaded-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const topic = uniqueName('loaded')
  const config = writeConfig(t, {
    kafka: { brokers: testBrokers() },
    listen: { http: 0, admin: 0 },
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: { acme: { from: ['fleet'], group: topic, start: 'earliest', target } }
  })
  const env = { NODE_V8_COVERAGE: folder, METADATA_SERVER_DETECTION: 'none' }
  const command = startCommand(t, ['run', config], env)
  const opened = await command.lineWhere(line =>
    /"listener_opened".*"http"|"http".*"listener_opened"/.test(line)
  )
  const { port } = JSON.parse(opened)
  await command.lineWhere(line => line.includes('"service_started"'))
  const sent = await fetch(`http://127.0.0.1:${port}/channels/fleet/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(messages(3))
  })
  t.is(sent.status, 200)
  await until('it is delivered', hasArrived)
  command.interrupt()
  t.deepEqual(await command.ended, { code: 0, stderr: '' })
  return packagesIn(folder)
}

/** The packages whose files stand in what V8 wrote into a folder. */
function packagesIn(folder: string): string[] {
  const urls = readdirSync(folder).flatMap(file => {
    const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    return result.map(({ url }) => url)
  })
  const names = urls.map(url => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? '')
  return [...new Set(names)].filter(name => name !== '')
}

test('a process with HTTP only loads no package of any other protocol', async t => {
  const receiver = await startReceiver(t)
  const loaded = await loadedWith(t, { http: { url: receiver.url } }, () => receiver.arrived.length === 3)
  t.deepEqual(
    loaded.filter(name => ofPlatforms.test(name)),
    []
  )
  // Both ways of loading are seen: a module of its own kind, and what that requires.
  for (const name of ['undici', 'fastify', 'kafkajs', 'typebox', 'pino']) t.true(loaded.includes(name), name)
})

test("a process with a Pub/Sub target loads Google's client, and no other platform's", async t => {
  const double = new PubsubDouble({ clock: systemClock })
  await double.start()
  t.teardown(() => double.stop())
  const pubsub = { project: 'acme-prod', topic: 'telemetry', emulator: double.address }
  const arrived = () => double.requests.reduce((sum, request) => sum + request.messages.length, 0)
  const loaded = await loadedWith(t, { pubsub }, () => arrived() === 3)
  for (const name of ['@google-cloud/pubsub', '@grpc/grpc-js', 'google-gax'])
    t.true(loaded.includes(name), name)
  t.deepEqual(
    loaded.filter(name => /^@azure\/|^(?:rhea|amqp|nats|mqtt)|^ws$/.test(name)),
    []
  )
})
