// What a record of the target's topic is made of: key, value, headers, time.

import test from 'ava'
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
