// The target with mosquitto: what only a real broker shows.

import test from 'ava'
import { startMosquitto } from '../../mosquitto.ts'
import { batchOf, outcomesOf, targetAt } from './harness.ts'

const delivered = 'delivered'

test('thousands of messages pass in both versions, over several batches at a time', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  for (const version of ['5', '3.1.1'] as const) {
    const target = targetAt(t, `mqtt://127.0.0.1:${broker.port}`, { version })
    const batches = Array.from({ length: 16 }, (_, at) => batchOf(250, { from: 250 * at, devices: 40 }))
    const outcomes = await Promise.all(batches.map(batch => outcomesOf(target, batch)))
    t.deepEqual(new Set(outcomes.flat()), new Set([delivered]))
  }
})

test('a topic that this user may not write to halts, and MQTT 3.1.1 cannot tell', async t => {
  const broker = await startMosquitto({
    users: { truck: 'secret-4711' },
    access: ['user truck', 'topic write other']
  })
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const as = { username: 'truck', password: 'secret-4711' }
  t.deepEqual(await outcomesOf(targetAt(t, url, as), batchOf(2)), Array(2).fill('halt mqtt_topic_refused'))
  // It confirms and throws away: the page of the connector says so.
  t.deepEqual(await outcomesOf(targetAt(t, url, { ...as, version: '3.1.1' }), batchOf(1)), [delivered])
})

test('a restart of the broker costs attempts, not messages', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const target = targetAt(t, `mqtt://127.0.0.1:${broker.port}`)
  t.deepEqual(await outcomesOf(target, batchOf(5)), Array(5).fill(delivered))
  await broker.kill()
  t.deepEqual(await outcomesOf(target, batchOf(1)), ['unsent mqtt_connect_failed'])
  await broker.start()
  t.deepEqual(await outcomesOf(target, batchOf(5)), Array(5).fill(delivered))
})

test('what is larger than the broker takes is rejected', async t => {
  const broker = await startMosquitto({ settings: ['max_packet_size 60'] })
  t.teardown(() => broker.stop())
  const target = targetAt(t, `mqtt://127.0.0.1:${broker.port}`, {
    topic: 'a/topic/that/is/long/enough/for/that'
  })
  t.deepEqual(await outcomesOf(target, batchOf(1)), ['reject mqtt_too_large'])
})

test('two clients with one client id tell why they lose their connections', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const [one, other] = [targetAt(t, url, { clientId: 'same' }), targetAt(t, url, { clientId: 'same' })]
  await one.open(new AbortController().signal)
  t.deepEqual(await outcomesOf(other, batchOf(1)), [delivered])
  t.deepEqual(await outcomesOf(one, batchOf(1)), [delivered])
})
