// What is sent to the HTTPS API, and what its answers lead to.

import type https from 'node:https'
import test, { type ExecutionContext } from 'ava'
import { outcomeOfStatus } from '../../../../connectors/aws-iot/https/outcome.ts'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received } from '../../../../connectors/http/double.ts'
import { batchOf } from '../../mqtt/harness.ts'
import { certificates, outcomesOf, type Settings, targetAt } from '../harness.ts'

const mode = 'https'

async function doubleWith(t: ExecutionContext, status = 200, more: https.ServerOptions = {}) {
  const ledger: Received[] = []
  const { ca, cert, key } = certificates
  const double = new HttpDouble({
    clock: systemClock,
    tls: { ca, cert, key, requestCert: true, rejectUnauthorized: true, ...more },
    ledger: async request => void ledger.push(request),
    reply: () => ({ kind: 'answer', status, body: '{"message":"Forbidden","traceId":"7"}' })
  })
  await double.start()
  t.teardown(() => double.stop())
  return { double, ledger }
}

test('a message is a POST of its very bytes to its topic', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = await targetAt(t, double.port, { mode, topic: 'fleet/{ident}/telemetry' })
  t.is(target.limits.maxMessages, 1)
  const batch = batchOf(2, { devices: 1 })
  t.deepEqual(await outcomesOf(target, batch), ['delivered', 'delivered'])
  t.deepEqual(
    ledger.map(({ method, path, body }) => [method, path, body.toString()]),
    batch.messages.map(message => [
      'POST',
      '/topics/fleet%2Fd0%2Ftelemetry?qos=1',
      message.value().toString()
    ])
  )
})

test('what MQTT 5 has as properties stands in query and headers', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = await targetAt(t, double.port, {
    mode,
    qos: 0,
    retain: true,
    contentType: 'application/json',
    userProperties: { id: '{ident}', from: 'tailrace' },
    basicIngest: 'to_store'
  })
  await outcomesOf(target, batchOf(1))
  const [{ path = '', headers = {} } = {}] = ledger
  const query = 'qos=0&retain=true&contentType=application%2Fjson'
  t.is(path, `/topics/%24aws%2Frules%2Fto_store%2Ffleet%2Ftelemetry?${query}`)
  const properties = Buffer.from(String(headers['x-amz-mqtt5-user-properties']), 'base64').toString()
  t.is(properties, '[{"id":"d0"},{"from":"tailrace"}]')
})

test('an array is divided until a payload is not too large', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = await targetAt(t, double.port, { mode, format: 'array', limits: { payloadBytes: 60 } })
  t.deepEqual(await outcomesOf(target, batchOf(8)), Array(8).fill('delivered'))
  t.is(ledger.length, 4)
  const [outcome] = await outcomesOf(
    await targetAt(t, double.port, { mode, limits: { payloadBytes: 5 } }),
    batchOf(1)
  )
  t.is(outcome, 'reject aws_iot_too_large')
})

test('on 443 ALPN names what is spoken, and who does not speak it is told', async t => {
  for (const [protocol, expected] of [
    ['x-amzn-http-ca', 'delivered'],
    ['x-amzn-mqtt-ca', 'halt aws_iot_protocol_refused']
  ] as const) {
    const { double } = await doubleWith(t, 200, { ALPNProtocols: [protocol] })
    const target = await targetAt(t, double.port, { mode, port: 443 })
    t.deepEqual(await outcomesOf(target, batchOf(1)), [expected])
  }
})

for (const [status, fixed, ofDevice] of [
  [200, 'delivered', 'delivered'],
  [202, 'retry mqtt_publish_failed', 'retry mqtt_publish_failed'],
  [400, 'reject mqtt_rejected', 'reject mqtt_rejected'],
  [401, 'halt aws_iot_unauthorized', 'halt aws_iot_unauthorized'],
  [403, 'halt mqtt_topic_refused', 'reject mqtt_device_refused'],
  [404, 'halt aws_iot_protocol_refused', 'halt aws_iot_protocol_refused'],
  [405, 'halt aws_iot_protocol_refused', 'halt aws_iot_protocol_refused'],
  [413, 'reject aws_iot_too_large', 'reject aws_iot_too_large'],
  [414, 'reject mqtt_rejected', 'reject mqtt_rejected'],
  [418, 'retry mqtt_publish_failed', 'retry mqtt_publish_failed'],
  [429, 'retry mqtt_throttled', 'retry mqtt_throttled'],
  [431, 'reject mqtt_rejected', 'reject mqtt_rejected'],
  [500, 'retry mqtt_publish_failed', 'retry mqtt_publish_failed'],
  [503, 'retry mqtt_publish_failed', 'retry mqtt_publish_failed']
] as const)
  test(`${status} is ${fixed}, with a topic of its own ${ofDevice}`, t => {
    const told = [false, true].map(haveTopics => {
      const outcome = outcomeOfStatus(status, 'why', haveTopics)
      if (outcome.kind === 'delivered') return outcome.kind
      t.is(outcome.detail, `HTTP ${status}: why`)
      return `${outcome.kind} ${outcome.code}`
    })
    t.deepEqual(told, [fixed, ofDevice])
  })

test('an answer to what one request is like concerns its device only, and others are sent', async t => {
  const { double, ledger } = await doubleWith(t, 418)
  const target = await targetAt(t, double.port, { mode })
  const outcome = await target.deliver(batchOf(3, { devices: 2 }), new AbortController().signal)
  const failed = { kind: 'retry', scope: 'device', code: 'mqtt_publish_failed' }
  t.like(outcome, [failed, failed, { kind: 'unsent', code: 'mqtt_predecessor_failed' }])
  t.is(ledger.length, 2)
})

test('a policy that does not allow the topic halts the stream, and what was behind is not sent', async t => {
  const { double, ledger } = await doubleWith(t, 403)
  const target = await targetAt(t, double.port, { mode })
  const outcome = await target.deliver(batchOf(2), new AbortController().signal)
  t.like(outcome, [
    { kind: 'halt', code: 'mqtt_topic_refused', detail: 'HTTP 403: {"message":"Forbidden","traceId":"7"}' },
    { kind: 'unsent', code: 'mqtt_topic_refused' }
  ])
  t.is(ledger.length, 1)
})

test('settings of the other mode are refused', async t => {
  const wrong: Settings[] = [
    { connections: 2 },
    { publishesPerSecond: 100 },
    { clientId: 'c' },
    { port: 8883 },
    { version: '3.1.1' }
  ]
  for (const settings of wrong)
    await t.throwsAsync(targetAt(t, 1, { mode, ...settings }), { code: 'config_invalid' })
})
