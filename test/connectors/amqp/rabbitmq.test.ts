// The target with RabbitMQ: what only a real broker shows. Other clients look at what arrives.

import { type Channel, type ConsumeMessage, connect } from 'amqplib'
import test, { type ExecutionContext } from 'ava'
import { certificates } from '../../conformance/fleet.ts'
import { until } from '../../flows/harness/until.ts'
import { type Rabbitmq, startRabbitmq } from '../../rabbitmq.ts'
import { Engine } from '../engine.ts'
import { batchOf, configOf, faultOf, numberOf, outcomesOf, password, targetAt, targetOf } from './harness.ts'

const delivered = 'delivered'
let rabbit: Rabbitmq
let url: string

test.serial.before(async () => {
  rabbit = await startRabbitmq({ username: 'fleet', password, tls: certificates })
  url = `amqp://127.0.0.1:${rabbit.port}`
})
test.after.always(() => rabbit.stop())

/** Does something as another client. */
async function asOther<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(rabbit.url)
  try {
    return await work(await connection.createChannel())
  } finally {
    await connection.close()
  }
}

/** A queue that is there over a restart. */
async function queueOf(
  t: ExecutionContext,
  queue: string,
  args: Record<string, unknown> = {}
): Promise<string> {
  await asOther(channel => channel.assertQueue(queue, { durable: true, arguments: args }))
  t.teardown(() => asOther(channel => channel.deleteQueue(queue)))
  return queue
}

/** All that lies in a queue. */
async function takeAll(queue: string): Promise<ConsumeMessage[]> {
  return asOther(async channel => {
    const taken: ConsumeMessage[] = []
    for (
      let got = await channel.get(queue, { noAck: true });
      got;
      got = await channel.get(queue, { noAck: true })
    )
      taken.push({ ...got, fields: { ...got.fields, consumerTag: '' } })
    return taken
  })
}

const toQueue = (routingKey: string) => ({ exchange: '', routingKey })

test.serial('among its connections the broker shows the name of the stream', async t => {
  t.is(await faultOf(targetAt(t, url, toQueue(await queueOf(t, 'shown')))), null)
  t.true(rabbit.control('list_connections', 'client_properties').includes('tailrace acme'))
})

test.serial(
  'a message for which no queue is bound is not delivered, with mandatory set to false it is lost',
  async t => {
    t.deepEqual(
      await outcomesOf(targetAt(t, url, toQueue('nobody')), batchOf(2)),
      Array(2).fill('halt amqp_queue_missing')
    )
    const unheeded = targetAt(t, url, { ...toQueue('nobody'), mandatory: false })
    t.deepEqual(await outcomesOf(unheeded, batchOf(2)), [delivered, delivered])
  }
)

test.serial('of routing keys with fields in them only those are held that lead nowhere', async t => {
  const queue = await queueOf(t, 'one-device')
  await asOther(channel => channel.bindQueue(queue, 'amq.topic', 'fleet.d1'))
  const target = targetAt(t, url, { exchange: 'amq.topic', routingKey: 'fleet.{ident}' })
  const refused = 'reject device amqp_device_unroutable'
  t.deepEqual(await outcomesOf(target, batchOf(3)), [refused, delivered, refused])
  t.deepEqual(
    (await takeAll(queue)).map(({ content }) => numberOf(content)),
    [1]
  )
})

test.serial(
  'of a thousand devices with a backlog only those are held that have no queue, and nobody halts',
  async t => {
    const queue = await queueOf(t, 'backlog')
    const devices = Array.from({ length: 1_000 }, (_, at) => `d${at}`)
    const hasQueue = (device: string) => Number(device.slice(1)) % 33 !== 0 || device === 'd0'
    const bound = devices.filter(hasQueue)
    await asOther(async channel => {
      await channel.assertExchange('backlog', 'direct', { durable: true })
      await Promise.all(bound.map(device => channel.bindQueue(queue, 'backlog', device)))
    })
    t.teardown(() => asOther(channel => channel.deleteExchange('backlog')))
    const engine = new Engine(t, targetAt(t, url, { exchange: 'backlog', routingKey: '{ident}' }))
    await engine.send([...devices, ...devices])
    await engine.start()
    await until('all committed', async () => (await engine.uncommitted()) === 0)
    t.deepEqual(haltsOf(engine), [])
    t.is(devices.length - bound.length, 30)
    t.true(Number(engine.meter.totals.held) >= 60, 'those that have no queue wait')
    t.is((await takeAll(queue)).length, 2 * bound.length)
    await asOther(async channel => {
      await Promise.all(bound.map(device => channel.unbindQueue(queue, 'backlog', device)))
    })
    await engine.send(devices)
    await until('it halts', () => haltsOf(engine).includes('amqp_unroutable'))
  }
)

/** The codes with which attempts halted the stream. */
function haltsOf(engine: Engine): unknown[] {
  return engine.meter.calls.flatMap(([name, outcome, code]) =>
    name === 'attempted' && outcome === 'halt' ? [code] : []
  )
}

test.serial('what the message carries is what another client reads', async t => {
  const queue = await queueOf(t, 'properties')
  const target = targetAt(t, url, {
    ...toQueue(queue),
    ...{ headers: { device: '{ident}', place: '{@id}' }, type: 'telemetry', appId: 'tailrace' },
    ...{ correlationId: '{n}', priority: 3 }
  })
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  const [message] = await takeAll(queue)
  t.like(message?.properties, {
    contentType: 'application/json',
    headers: { device: 'd0', place: 'fleet-0-0' },
    deliveryMode: 2,
    ...{ messageId: 'fleet-0-0', timestamp: 1_767_225_600, type: 'telemetry', appId: 'tailrace' },
    ...{ correlationId: '0', priority: 3 }
  })
  t.is(message?.content.toString(), '{"ident":"d0","n":0}')
})

test.serial('a message of megabytes arrives whole', async t => {
  const queue = await queueOf(t, 'large')
  const batch = batchOf(1, { padBytes: 3_000_000 })
  t.deepEqual(await outcomesOf(targetAt(t, url, toQueue(queue)), batch), [delivered])
  const [message] = await takeAll(queue)
  t.true(batch.messages[0]?.value().equals(message?.content ?? Buffer.alloc(0)))
})

test.serial(
  'a full queue that refuses is tried again later, and takes messages once there is room',
  async t => {
    const queue = await queueOf(t, 'full', { 'x-max-length': 2, 'x-overflow': 'reject-publish' })
    const target = targetAt(t, url, toQueue(queue))
    t.deepEqual(await outcomesOf(target, batchOf(2)), [delivered, delivered])
    t.deepEqual(await outcomesOf(target, batchOf(1, { from: 2 })), ['retry amqp_nacked'])
    t.is((await takeAll(queue)).length, 2)
    t.deepEqual(await outcomesOf(target, batchOf(1, { from: 2 })), [delivered])
  }
)

test.serial(
  'while it is short of memory it blocks, which is told, and it goes on over the same connection',
  async t => {
    const queue = await queueOf(t, 'alarm')
    const target = targetAt(t, url, { ...toQueue(queue), ackTimeoutMs: 1_000 })
    t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
    rabbit.control('set_vm_memory_high_watermark', 'absolute', '1')
    const next = () => outcomesOf(target, batchOf(1, { from: 1 }))
    await until('it blocks', async () => (await next())[0] === 'unsent amqp_blocked')
    rabbit.control('set_vm_memory_high_watermark', '0.4')
    await until('it goes on', async () => (await next())[0] === delivered)
    const connections = rabbit.control('list_connections', '--silent', 'user').trim().split('\n')
    t.is(connections.length, 1)
  }
)

test.serial('a message that is larger than it takes is rejected, and its neighbours arrive', async t => {
  const queue = await queueOf(t, 'sizes')
  const limit = (bytes: number) =>
    rabbit.control('eval', `application:set_env(rabbit, max_message_size, ${bytes}).`)
  limit(1_000)
  t.teardown(() => limit(134_217_728))
  const target = targetAt(t, url, toQueue(queue))
  const large = outcomesOf(target, batchOf(1, { padBytes: 2_000 }))
  const small = batchOf(5, { from: 1 })
  await until('the small ones are delivered', async () => {
    const outcomes = await outcomesOf(target, small)
    return outcomes.every(outcome => outcome === delivered)
  })
  t.deepEqual(await large, ['reject amqp_too_large'])
})

test.serial(
  'permissions: for the exchange they halt, for the topic of a device they hold the device',
  async t => {
    rabbit.control('add_user', 'truck', password)
    rabbit.control('set_permissions', 'truck', '', '^amq.topic$', '')
    rabbit.control('set_topic_permissions', 'truck', 'amq.topic', '^fleet.d1$', '')
    const as = { username: 'truck', exchange: 'amq.topic', mandatory: false }
    t.deepEqual(await outcomesOf(targetAt(t, url, { ...as, exchange: 'amq.direct' }), batchOf(1)), [
      'halt amqp_exchange_refused'
    ])
    const target = targetAt(t, url, { ...as, routingKey: 'fleet.{ident}' })
    t.deepEqual(await outcomesOf(target, batchOf(1)), ['reject device amqp_device_refused'])
    t.deepEqual(await outcomesOf(target, batchOf(1, { from: 1 })), [delivered])
  }
)

test.serial(
  'a missing exchange, a virtual host and a login that are refused, and too many connections',
  async t => {
    const fault = (to: string, settings = {}) => faultOf(targetAt(t, to, settings))
    t.regex((await fault(url, { exchange: 'nowhere' })) ?? '', /^amqp_exchange_missing: 404 .*'nowhere'/)
    t.regex((await fault(`${url}/nowhere`, toQueue('q'))) ?? '', /^amqp_vhost_refused: 530 .*nowhere/)
    t.regex((await fault(url, { password: 'wrong' })) ?? '', /^amqp_unauthorized: 403 /)
    rabbit.control('set_vhost_limits', '-p', '/', '{"max-connections": 0}')
    t.teardown(() => rabbit.control('clear_vhost_limits'))
    t.regex((await fault(url, toQueue('q'))) ?? '', /^amqp_unavailable: 530 .*limit/)
  }
)

test.serial('a client certificate alone needs a plugin, which is told', async t => {
  const { ca, cert, key } = certificates
  const secure = `amqps://127.0.0.1:${rabbit.tlsPort}`
  const {
    username: _,
    password: __,
    ...config
  } = configOf({
    ...{ url: secure, ...toQueue('q') },
    tls: { ca, cert, key }
  })
  const target = targetOf(t, config)
  t.regex((await faultOf(target)) ?? '', /^amqp_mechanism_missing: EXTERNAL is not among .*PLAIN/)
})

test.serial(
  'what was confirmed is there after the broker was killed, and what was not is sent again',
  async t => {
    const queue = await queueOf(t, 'kept')
    rabbit.control('eval', 'mnesia:sync_log().') // the definition of a queue is on its disk later than the messages
    const target = targetAt(t, url, toQueue(queue))
    const isConfirmed = new Set<number>()
    let next = 0
    const send = async () => {
      const from = next
      next += 50
      const outcomes = await outcomesOf(target, batchOf(50, { from }))
      for (const [at, outcome] of outcomes.entries()) if (outcome === delivered) isConfirmed.add(from + at)
      return outcomes
    }
    const sending = Promise.all(Array.from({ length: 20 }, send))
    await until('some are confirmed', () => isConfirmed.size > 100)
    await rabbit.kill()
    await sending
    t.deepEqual(new Set(await send()), new Set(['unsent amqp_connect_failed']))
    await rabbit.start()
    await until('it takes messages again', async () => (await send()).every(outcome => outcome === delivered))
    const kept = new Set((await takeAll(queue)).map(({ content }) => numberOf(content)))
    t.deepEqual(
      [...isConfirmed].filter(number => !kept.has(number)),
      []
    )
  }
)

test.serial('when it is shut down, no message is blamed', async t => {
  const target = targetAt(t, url, { ...toQueue('nobody'), mandatory: false })
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  const down = rabbit.shutDown()
  const seen = new Set<string>()
  await until('it is down', async () => {
    for (const outcome of await outcomesOf(target, batchOf(1))) seen.add(outcome)
    return seen.has('unsent amqp_connect_failed')
  })
  await down
  seen.delete(delivered)
  const allowed =
    /^(unsent amqp_(connect_failed|unavailable|hung_up)|unknown amqp_(disconnected|connection_lost)|unsent amqp_(disconnected|connection_lost))$/
  t.deepEqual(
    [...seen].filter(outcome => !allowed.test(outcome)),
    []
  )
})
