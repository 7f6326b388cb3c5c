// What a record of the target's topic is made of: key, value, headers, time.

import { randomBytes } from 'node:crypto'
import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { messagesOf } from '../../../messages.ts'
import { kindsOf, sceneWith } from './harness.ts'

const texts = (headers: readonly { key: string; value: Buffer | null }[]) =>
  headers.map(({ key, value }) => `${key}=${value === null ? '(null)' : value}`)

test('key and value are the very bytes, and a key or a value that is null stays null', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const target = await scene.target()
  const messages = [
    ...messagesOf(['{"a": 1}', null], { keys: ['Łódź', 'b'] }),
    ...messagesOf(['{}'], { firstOffset: 2 })
  ]
  t.deepEqual(kindsOf(await scene.deliver(target, messages)), ['delivered', 'delivered', 'delivered'])
  t.deepEqual(
    scene.stored.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null]),
    [
      ['Łódź', '{"a": 1}'],
      ['b', null],
      [null, '{}']
    ]
  )
})

test('compressed records are the same, in fewer bytes, and what cannot be made smaller travels as it is', async t => {
  const sizes: number[] = []
  const scene = await sceneWith(
    t,
    { mirror: 1 },
    {
      reply: parts => {
        sizes.push(...parts.map(({ bytes }) => bytes))
        return { kind: 'answer' }
      }
    }
  )
  const values = Array.from({ length: 100 }, (_, n) => JSON.stringify({ n, 'position.speed': 50 }))
  const messages = messagesOf(values, { keys: values.map(() => 'a') })
  for (const compression of ['none', 'gzip'])
    await scene.deliver(await scene.target({ compression }), messages)
  const stored = scene.stored.map(({ value }) => String(value))
  t.deepEqual(stored, [...values, ...values])
  const [plain = 0, packed = 0] = sizes
  t.true(packed < plain / 4, `${packed} of ${plain}`)
  const noise = messagesOf([randomBytes(200).toString('latin1')], { keys: ['a'] })
  await scene.deliver(await scene.target({ compression: 'gzip', headers: { 'tailrace.id': '' } }), noise)
  t.deepEqual(scene.stored.at(-1)?.value, noise[0]?.value())
})

test('Kafka stores compressed records, and gives them back as they were', async t => {
  const brokers = testBrokers()
  const log = kafkaLog({ brokers, clientId: 'compressed' }, { clock: systemClock, log: () => {} })
  const admin = log.admin()
  t.teardown(() => admin.close())
  const topic = uniqueName('compressed')
  await admin.createTopic({ name: topic, partitions: 1, replication: 1, settings: {} })
  const scene = await sceneWith(t, {})
  const target = await scene.target({ brokers, topic, compression: 'gzip' })
  const values = Array.from({ length: 500 }, (_, n) => JSON.stringify({ n, 'position.speed': 50 }))
  const outcomes = await scene.deliver(target, messagesOf(values, { keys: values.map(() => 'a') }))
  t.true(kindsOf(outcomes).every(kind => kind === 'delivered'))
  const stored: string[] = []
  for await (const { value } of admin.read({ topic, partition: 0, from: 0, to: 500 }))
    stored.push(String(value))
  t.deepEqual(stored, values)
})

test('headers are kept in order, also twice and null, and the id of the message stands behind them', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const headers = [
    { key: 'trace', value: Buffer.from('1') },
    { key: 'trace', value: null },
    { key: 'schema', value: Buffer.from('v2') }
  ]
  await scene.deliver(await scene.target(), messagesOf(['{}'], { keys: ['a'], headers, firstOffset: 5 }))
  t.deepEqual(texts(scene.stored[0]?.headers ?? []), [
    'trace=1',
    'trace=(null)',
    'schema=v2',
    'tailrace.id=fleet-0-5'
  ])
})

test('headers that are set take the place of those of their name, and fields stand in them', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const target = await scene.target({
    headers: { source: 'depot', trace: '{trip.id}/{@id}', missing: '{nothing}' }
  })
  const headers = [
    { key: 'trace', value: Buffer.from('1') },
    { key: 'kept', value: Buffer.from('2') },
    { key: 'trace', value: Buffer.from('3') }
  ]
  await scene.deliver(target, messagesOf(['{"trip.id":77}'], { keys: ['a'], headers }))
  t.deepEqual(texts(scene.stored[0]?.headers ?? []), [
    'kept=2',
    'tailrace.id=fleet-0-0',
    'source=depot',
    'trace=77/fleet-0-0',
    'missing='
  ])
})

test('an id that a message has already is kept, unless another is set', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const headers = [{ key: 'tailrace.id', value: Buffer.from('first-hop-0-9') }]
  const messages = messagesOf(['{}'], { keys: ['a'], headers })
  await scene.deliver(await scene.target(), messages)
  await scene.deliver(await scene.target({ headers: { 'tailrace.id': 'berlin-{@id}' } }), messages)
  t.deepEqual(
    scene.stored.map(record => texts(record.headers)),
    [['tailrace.id=first-hop-0-9'], ['tailrace.id=berlin-fleet-0-0']]
  )
})

test('what is replayed says so, and has an identity of its own', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const headers = [{ key: 'tailrace.id', value: Buffer.from('first-hop-0-9') }]
  const target = await scene.target({}, { replay: 'july' })
  await scene.deliver(target, messagesOf(['{}'], { keys: ['a'], headers }))
  t.deepEqual(texts(scene.stored[0]?.headers ?? []), [
    'tailrace.id=july-first-hop-0-9',
    'tailrace.replay=july'
  ])
})

test('the time is that of sending, or with keepTimestamps that of the message, for each its own', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const startMs = Date.now()
  const old = [
    ...messagesOf(['{"n":1}'], { keys: ['a'], timestampMs: 1_700_000_090_000 }),
    ...messagesOf(['{"n":2}'], { keys: ['a'], timestampMs: 1_600_000_000_123, firstOffset: 1 })
  ]
  await scene.deliver(await scene.target(), old)
  await scene.deliver(await scene.target({ keepTimestamps: true }), old)
  const times = scene.stored.map(({ timestampMs }) => timestampMs)
  t.true(times.slice(0, 2).every(time => time >= startMs && time <= Date.now()))
  t.deepEqual(times.slice(2), [1_700_000_090_000, 1_600_000_000_123])
})

test('a key is made of fields; a message without them is rejected alone', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const target = await scene.target({ key: '{vehicle.id}-{ident}' })
  const messages = messagesOf(['{"vehicle.id":7}', '{}', '{"vehicle.id":"x"}'], { keys: ['a', 'b', 'c'] })
  const outcomes = await scene.deliver(target, messages)
  t.deepEqual(kindsOf(outcomes), ['delivered', 'reject', 'delivered'])
  t.like(outcomes[1], { code: 'kafka_target_message_unfit', detail: 'vehicle.id is missing' })
  t.deepEqual(
    scene.stored.map(({ key }) => key?.toString()),
    ['7-a', 'x-c']
  )
})
