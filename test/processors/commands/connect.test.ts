// `tailrace check --connect` against a real Kafka: what it says of topics, and that it changes none.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import type { Trial } from '../../../processors/commands/check/probe.ts'
import { errors } from '../../../schemas/errors.ts'
import { testBrokers, uniqueName } from '../../kafka.ts'
import { startCommand } from './child.ts'

test('--connect compares the topics with the channels and leaves them as they are', async t => {
  const kafka = { brokers: testBrokers(), clientId: 'check-test' }
  const admin = kafkaLog(kafka, { log: () => {}, clock: systemClock }).admin()
  t.teardown(() => admin.close())
  const [there, missing] = [uniqueName('there'), uniqueName('missing')]
  const settings = { 'retention.ms': '3600000' }
  await admin.createTopic({ name: there, partitions: 2, replication: 1, settings })

  const stream = { from: [there], target: { http: { url: await listening(t) } } }
  const channels = { [there]: { retentionHours: 2 }, [missing]: {} }
  t.deepEqual(await connected(t, { kafka, channels, streams: { [missing]: stream } }), {
    ok: true,
    problems: [],
    channels: 2,
    streams: 1,
    trials: [
      { path: 'kafka', result: 'ok', detail: '1 broker' },
      {
        path: `channels.${there}`,
        result: 'differs',
        detail: `topic ${there} is left as it is: partitions 2 instead of 12, message.timestamp.type CreateTime instead of LogAppendTime, retention.ms 3600000 instead of 7200000`
      },
      willBe(`channels.${missing}`, missing, 12),
      willBe(`streams.${missing}.deadLetters`, `tailrace.${missing}.dead-letters`, 1),
      willBe(`streams.${missing}.held`, `tailrace.${missing}.held`, 12),
      { path: `streams.${missing}.target`, result: 'ok', detail: 'reached' }
    ]
  })
  t.is((await admin.topic(there))?.partitions, 2)
  t.is(await admin.topic(missing), null)
})

function willBe(path: string, topic: string, partitions: number) {
  const detail = `topic ${topic} will be created, partitions: ${partitions}, replication: 1`
  return { path, result: 'ok', detail }
}

test('--connect tells which target nobody listens at, and ends with 3', async t => {
  const kafka = { brokers: testBrokers() }
  const [nobody] = await freePorts(1)
  const stream = (url: string) => ({ from: ['fleet'], target: { http: { url } } })
  const streams = { gone: stream(`http://127.0.0.1:${nobody}`), plain: stream(await listening(t, 'https')) }
  const { ok, trials } = await connected(t, { kafka, channels: { fleet: {} }, streams })
  t.false(ok)
  const [gone, plain] = trials.filter(({ path }) => path.endsWith('.target'))
  t.like(gone, { path: 'streams.gone.target', result: 'failed' })
  t.regex(gone?.detail ?? '', new RegExp(`^The target could not be reached: .*127.0.0.1:${nobody}$`))
  t.regex(plain?.detail ?? '', /^No trusted TLS connection/)
})

test('--connect tells every target that fails, one that cannot be made too, each with what can be done about it', async t => {
  const brokers = testBrokers()
  const [missing, mirror] = [uniqueName('missing'), uniqueName('mirror')]
  const stream = (target: object) => ({ from: ['fleet'], target })
  const credential = { kind: 'workloadIdentity' }
  const streams = {
    fine: stream({ http: { url: await listening(t) } }),
    hub: stream({ eventHubs: { namespace: 'acme.servicebus.windows.net', eventHub: 'fleet', credential } }),
    plain: stream({ http: { url: await listening(t, 'https') } }),
    [mirror]: stream({ kafka: { brokers, topic: missing } })
  }
  const { trials } = await connected(t, { kafka: { brokers }, channels: { fleet: {} }, streams })
  const of = (name: string) => trials.find(({ path }) => path === `streams.${name}.target`)
  t.is(trials.find(({ path }) => path === 'kafka')?.result, 'ok')
  t.is(of('fine')?.result, 'ok')
  t.like(of('hub'), { result: 'failed', hint: errors.event_hubs_credential_missing.hint })
  t.like(of('plain'), { result: 'failed', hint: errors.http_tls_failed.hint })
  t.like(of(mirror), { result: 'failed', hint: errors.kafka_target_topic_missing.hint })
  t.regex(of(mirror)?.detail ?? '', new RegExp(`does not exist: ${missing}: UNKNOWN_TOPIC_OR_PARTITION`))
})

test('--connect says of sources that connect to somebody that they are not tried', async t => {
  const mqtt = { url: 'mqtt://127.0.0.1:1', topics: ['in/{ident}'], clientId: 'check' }
  const [fleet, depot] = [uniqueName('fleet'), uniqueName('depot')]
  const channels = { [fleet]: { sources: [{ http: {} }, { mqtt }] }, [depot]: { sources: [{ http: {} }] } }
  const { ok, trials } = await connected(t, { kafka: { brokers: testBrokers() }, channels })
  t.true(ok)
  t.deepEqual(
    trials.filter(({ result }) => result === 'skipped'),
    [{ path: `channels.${fleet}.sources[1].mqtt`, result: 'skipped', detail: 'sources are not tried' }]
  )
})

/** The address of a server that answers connections with a line that is no TLS. */
async function listening(t: ExecutionContext, protocol = 'http'): Promise<string> {
  const server = createServer(socket => socket.on('error', () => {}).end('hello\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return `${protocol}://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

interface Printed {
  readonly ok: boolean
  readonly trials: readonly Trial[]
}

/** What the command prints about a configuration. */
async function connected(t: ExecutionContext, config: unknown): Promise<Printed> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-connect-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.yaml')
  writeFileSync(file, JSON.stringify(config))
  const { ended, line } = startCommand(t, ['check', '--connect', '--json', file])
  const printed = JSON.parse(await line())
  t.is((await ended).code, printed.ok ? 0 : 3)
  return printed
}
