import test from 'ava'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { registry } from '../../../connectors/registry.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { loadConfig } from '../../../processors/service/config/load.ts'
import { connect } from '../../../processors/service/connect.ts'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { writeConfig } from './start.ts'

/** The first contact with a Kafka whose first answers are these faults. */
function open(t: Parameters<typeof writeConfig>[0], faults: ErrorCode[], sources = registry.sources) {
  const clock = new VirtualClock()
  const admin = new MemoryLog({ clock }).admin()
  const brokers = admin.brokers.bind(admin)
  admin.brokers = async () => {
    const code = faults.shift()
    if (code !== undefined) throw new FaultError(code)
    return brokers()
  }
  const path = writeConfig(t, {
    kafka: { brokers: ['kafka:9092'] },
    channels: { fleet: { partitions: 3, sources: [{ http: {} }] }, boats: {} }
  })
  const { config } = loadConfig(path, { registry, env: {} })
  const logged: [string, unknown][] = []
  const troubles: unknown[] = []
  const stop = new AbortController()
  const log = (name: string, fields?: Readonly<Record<string, unknown>>) =>
    void logged.push([name, fields?.nextAttemptMs])
  return {
    admin,
    clock,
    logged,
    stop,
    troubles,
    connecting: connect({
      config,
      admin,
      registry: { sources },
      clock,
      log,
      signal: stop.signal,
      waits: ({ untilMs, ...trouble }) => troubles.push({ ...trouble, inMs: (untilMs ?? 0) - clock.now() })
    })
  }
}

test('an unreachable Kafka is tried again with longer and longer pauses; then the topics are made', async t => {
  const { admin, clock, connecting, logged, troubles } = open(t, ['kafka_unreachable', 'kafka_unreachable'])
  await clock.advance(1_500)
  t.is(await connecting, 1)
  t.is((await admin.topic('fleet'))?.partitions, 3)
  t.deepEqual(logged, [
    ['kafka_waiting', 500],
    ['kafka_waiting', 1_000],
    ['topic_created', undefined],
    ['topic_created', undefined]
  ])
  t.deepEqual(troubles, [
    { code: 'kafka_unreachable', detail: 'kafka:9092', attempt: 1, inMs: 500 },
    { code: 'kafka_unreachable', detail: 'kafka:9092', attempt: 2, inMs: 1_000 }
  ])
  t.is(clock.waiting, 0)
})

test('a channel has a topic for dead letters where a source of it sets aside, with room for what is no message', async t => {
  const sources = registry.sources.map(source => ({ ...source, setsAside: true as const }))
  const { admin, connecting } = open(t, [], sources)
  await admin.createTopic({
    name: 'fleet',
    partitions: 3,
    replication: 1,
    settings: { 'max.message.bytes': '5000' }
  })
  await connecting
  t.like(await admin.topic('fleet.dead-letters'), {
    partitions: 1,
    settings: { 'max.message.bytes': '10000', 'retention.ms': '2592000000' }
  })
  t.is(await admin.topic('boats.dead-letters'), null)
})

test('refused credentials are not waited for', async t => {
  const { connecting } = open(t, ['kafka_unauthorized'])
  t.like(await t.throwsAsync(connecting), { code: 'kafka_unauthorized', spec: { exitCode: 3 } })
})

test('a stop ends the waiting at once', async t => {
  const { clock, connecting, stop } = open(t, ['kafka_unreachable'])
  await clock.advance(0)
  stop.abort()
  t.is(await connecting, null)
  t.is(clock.waiting, 0)
})
