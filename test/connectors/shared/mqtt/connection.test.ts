// A connection by itself: messages that the package cannot write, which the target would refuse before, and answers that
// are passed over or belong to another quality of service.

import net from 'node:net'
import test, { type ExecutionContext } from 'ava'
import mqttPacket from 'mqtt-packet'
import { systemClock } from '../../../../connectors/clock.ts'
import type { Outcome } from '../../../../connectors/connector.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { Connection, type ConnectionSettings } from '../../../../connectors/shared/mqtt/connection.ts'
import type { MqttDoubleOptions } from '../../../../connectors/shared/mqtt/double.ts'
import { MessageIds } from '../../../../connectors/shared/mqtt/message-ids.ts'
import type { Publication } from '../../../../connectors/shared/mqtt/publish/publications.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { until } from '../../../flows/harness/until.ts'
import { doubleWith } from '../../mqtt/harness.ts'

const good: Publication = {
  topic: 'fleet',
  payload: Buffer.from('{"n":1}'),
  properties: {},
  propertiesBytes: 1
}

function connectionTo(t: ExecutionContext, port: number, settings: Partial<ConnectionSettings> = {}) {
  const connection = new Connection({
    clock: systemClock,
    address: { host: '127.0.0.1', port, webSocketPath: null },
    tls: undefined,
    identity: { protocolVersion: 5, clientId: 'c' },
    ...{ qos: 1, retain: false, haveTopics: false, maxInFlight: 10 },
    ...{ connectTimeoutMs: 5_000, ackTimeoutMs: 5_000, mask: new Mask([]) },
    ...settings
  })
  t.teardown(() => connection.close())
  const outcomes: (Outcome | undefined)[] = []
  /** Notes what becomes of it. */
  const publish = (publication: Publication) => {
    const at = outcomes.push(undefined) - 1
    connection.publish(publication, outcome => {
      outcomes[at] = outcome
    })
  }
  return { connection, outcomes, publish }
}

test('a connection that cannot be made leaves no timer behind', t => {
  const clock = new VirtualClock()
  t.throws(() => connectionTo(t, 70_000, { clock }), { code: 'ERR_SOCKET_BAD_PORT' })
  t.is(clock.waiting, 0)
})

async function opened(t: ExecutionContext, options: Partial<MqttDoubleOptions> = {}) {
  const { double, ledger } = await doubleWith(t, options)
  const made = connectionTo(t, double.port)
  await made.connection.opened
  return { ...made, double, ledger }
}

for (const [what, properties] of [
  ['throws', { userProperties: { note: 'x'.repeat(70_000) } }],
  ['ends the stream', { messageExpiryInterval: 2 ** 40 }]
] as const)
  test(`a message over which the package ${what} is refused by itself, and what was in flight is unknown`, async t => {
    const { connection, outcomes, publish, ledger } = await opened(t, { reply: () => ({ kind: 'hold' }) })
    publish(good)
    publish({ ...good, properties })
    t.is(connection.room, 0, 'nothing can follow it')
    t.is((await connection.closed).code, 'mqtt_connection_lost')
    t.like(outcomes[0], { kind: 'unknown', code: 'mqtt_connection_lost' })
    t.like(outcomes[1], { kind: 'reject', code: 'mqtt_message_unfit' })
    t.true(ledger.length <= 1)
  })

for (const [qos, cmd] of [
  [1, 'pubcomp'],
  [2, 'puback']
] as const)
  test(`a ${cmd} confirms nothing that was sent with QoS ${qos}`, async t => {
    const port = await answering(t, messageId => [{ cmd, messageId, reasonCode: 0 }])
    const { connection, outcomes, publish } = connectionTo(t, port, { qos })
    await connection.opened
    publish(good)
    await until('it is answered', () => outcomes[0] !== undefined)
    t.like(outcomes[0], { kind: 'unknown', code: 'mqtt_answer_malformed' })
  })

test('an answer that comes twice confirms no other message', async t => {
  const ids: number[] = []
  const port = await answering(t, messageId => {
    ids.push(messageId)
    // The third is confirmed, and the first again and again.
    const confirmed = [ids[0] ?? 0, ...ids.slice(2)]
    return confirmed.map(id => ({ cmd: 'puback', messageId: id, reasonCode: 0 }))
  })
  const { connection, outcomes, publish } = connectionTo(t, port)
  await connection.opened
  publish(good)
  await until('the first is confirmed', () => outcomes[0] !== undefined)
  publish(good)
  publish(good)
  await until('the third is confirmed', () => outcomes[2] !== undefined)
  t.deepEqual(
    outcomes.map(outcome => outcome?.kind),
    ['delivered', undefined, 'delivered']
  )
})

test('ids of messages go round, and leave out what is in use', t => {
  const ids = new MessageIds()
  t.is(ids.getLastAllocated(), null)
  const [one, two] = [ids.allocate(), ids.allocate()]
  t.deepEqual([one, two], [1, 2])
  ids.deallocate(2)
  t.is(ids.allocate(), 3)
  for (let id = 4; id <= 65_535; id++) t.is(ids.allocate(), id)
  t.is(ids.allocate(), 2)
  t.is(ids.allocate(), null)
  t.false(ids.register(7))
  ids.deallocate(7)
  t.true(ids.register(7))
  ids.clear()
  t.is(ids.allocate(), 3)
})

/** The port of a broker that takes every connection and answers each PUBLISH with these packets. */
async function answering(
  t: ExecutionContext,
  answersTo: (messageId: number) => mqttPacket.Packet[]
): Promise<number> {
  const server = net.createServer(socket => {
    const parser = mqttPacket.parser({ protocolVersion: 5 })
    const send = (packet: mqttPacket.Packet) =>
      socket.write(mqttPacket.generate(packet, { protocolVersion: 5 }))
    parser.on('packet', packet => {
      if (packet.cmd === 'connect') send({ cmd: 'connack', sessionPresent: false, reasonCode: 0 })
      if (packet.cmd === 'publish') for (const answer of answersTo(packet.messageId ?? 0)) send(answer)
    })
    socket.on('data', data => parser.parse(data)).on('error', () => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port // it listens on a port
}
