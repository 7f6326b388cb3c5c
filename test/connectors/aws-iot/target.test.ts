// What is sent to AWS IoT Core, and on which terms: topics and payloads within its limits, client ids, ports and ALPN.

import test from 'ava'
import { until } from '../../flows/harness/until.ts'
import { batchOf } from '../mqtt/harness.ts'
import { doubleWith, outcomesOf, type Settings, targetAt } from './harness.ts'

const delivered = 'delivered'

test('over MQTT 5 and 3.1.1, with QoS 1 and 0, on 8883 and on 443 messages arrive as they are', async t => {
  for (const port of [8883, 443] as const)
    for (const version of ['5', '3.1.1'] as const)
      for (const qos of [0, 1] as const) {
        const { double, ledger } = await doubleWith(t, { port })
        const batch = batchOf(3)
        t.deepEqual(
          await outcomesOf(await targetAt(t, double.port, { port, version, qos }), batch),
          Array(3).fill(delivered)
        )
        await until('all are there', () => ledger.length === 3)
        t.deepEqual(
          ledger.map(({ payload }) => payload.toString()),
          batch.messages.map(message => message.value().toString())
        )
        t.is(double.discarded, 0)
      }
})

test('Basic Ingest sends to the rule, and its prefix counts neither as slashes nor as bytes', async t => {
  const { double, ledger } = await doubleWith(t)
  const topic = `1/2/3/4/5/6/7/${'x'.repeat(242)}`
  const target = await targetAt(t, double.port, { basicIngest: 'to_store', topic })
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  t.is(ledger[0]?.topic, `$aws/rules/to_store/${topic}`)
})

test('what is too large or has too long a topic is rejected to the byte, and is not sent', async t => {
  const { double, ledger } = await doubleWith(t)
  const bytes = batchOf(1).bytes
  for (const [settings, expected] of [
    [{ limits: { payloadBytes: bytes } }, delivered],
    [{ limits: { payloadBytes: bytes - 1 } }, 'reject aws_iot_too_large'],
    [{ topic: 'fleet/{ident}', limits: { topicBytes: 8 } }, delivered],
    [{ topic: 'fleet/{ident}', limits: { topicBytes: 7 } }, 'reject mqtt_message_unfit']
  ] as const)
    t.deepEqual(await outcomesOf(await targetAt(t, double.port, settings), batchOf(1)), [expected])
  t.is(ledger.length, 2)
  t.is(double.excesses, 0)
})

test('an array holds as many messages as a payload may', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = await targetAt(t, double.port, { format: 'array', limits: { payloadBytes: 60 } })
  t.deepEqual(await outcomesOf(target, batchOf(8)), Array(8).fill(delivered))
  t.is(ledger.length, 4)
})

test('settings that cannot work are refused', async t => {
  const refused = { code: 'config_invalid' }
  const wrong: Settings[] = [
    { topic: '1/2/3/4/5/6/7/8/9' },
    { topic: 'x'.repeat(257) },
    { topic: `{ident}/${'x'.repeat(256)}` },
    { topic: '$aws/rules/r/x', basicIngest: 'r' },
    { topic: '$foo/x' },
    { topic: '$aws/things/x/shadow' },
    { publishesPerSecond: 50_000, limits: { publishesPerSecond: 1 } },
    { clientId: 'x'.repeat(127), connections: 2 },
    { connections: 2, publishesPerSecond: 100 },
    { port: 8443 },
    { tls: { cert: 'none' } }
  ]
  for (const settings of wrong)
    await t.throwsAsync(targetAt(t, 1, settings), refused, JSON.stringify(settings))
  const right: Settings[] = [
    { topic: '1/2/3/4/5/6/7/8' },
    { topic: '$aws/rules/r/1/2/3/4/5/6/7/8' },
    { topic: '{ident}/8', limits: { topicSlashes: 1 } },
    { clientId: 'x'.repeat(126), connections: 2 }
  ]
  for (const settings of right) await t.notThrowsAsync(targetAt(t, 1, settings), JSON.stringify(settings))
})

test('there are as many connections as the rate needs, each with a client id and devices of its own', async t => {
  const clientIds: string[] = []
  const { double, ledger } = await doubleWith(t, {
    connect: ({ clientId }) => void clientIds.push(clientId)
  })
  const target = await targetAt(t, double.port, { publishesPerSecond: 200 })
  await target.open(new AbortController().signal)
  await until('all are open', () => clientIds.length === 4) // 200 / 80, and half as many again
  const [first = ''] = clientIds
  t.regex(first, /^tailrace-acme-[0-9a-f]{12}-0$/)
  t.deepEqual(
    clientIds.toSorted(),
    [0, 1, 2, 3].map(at => first.replace(/0$/, `${at}`))
  )
  const batch = batchOf(40)
  const [message] = batch.messages
  if (message === undefined || target.destination === undefined) throw new Error('there is one')
  const destination = target.destination(message)
  const own = batch.messages.filter(one => target.destination?.(one) === destination)
  await outcomesOf(target, { ...batch, destination, messages: own })
  t.is(new Set(ledger.map(({ connection }) => connection)).size, 1)
})

test('a rate that one connection carries takes one, with the client id as it stands', async t => {
  const clientIds: string[] = []
  const { double } = await doubleWith(t, { connect: ({ clientId }) => void clientIds.push(clientId) })
  const settings = { publishesPerSecond: 80, clientId: 'forwarder' }
  await outcomesOf(await targetAt(t, double.port, settings), batchOf(1))
  await outcomesOf(await targetAt(t, double.port, { ...settings, replay: 'r1' }), batchOf(1))
  t.deepEqual(clientIds, ['forwarder', 'forwarder-replay-r1'])
})
