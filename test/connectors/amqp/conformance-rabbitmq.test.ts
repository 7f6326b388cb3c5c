// The AMQP target against the contract of targets, with RabbitMQ: what a real broker makes of it. One broker serves all
// behaviours; what stops and starts is the relay in front of it. A consumer, by another client, sees what arrives.

import { connect } from 'amqplib'
import test from 'ava'
import { ownBytes } from '../../../connectors/kafka/log/own-bytes.ts'
import { certificates, rightCredential } from '../../conformance/fleet.ts'
import { Relay, startBehind } from '../../conformance/target/relay.ts'
import { type Double, type DoubleOptions, type Order, targetSuite } from '../../conformance/target.ts'
import { type Rabbitmq, startRabbitmq } from '../../rabbitmq.ts'
import { exchange, settingsFor, underTest, username } from './under-test.ts'

const notOrdered = 'RabbitMQ does not misbehave to order'
const usualMaxBytes = 134_217_728
let rabbit: Rabbitmq
let isLimited = false

test.serial.before(async () => {
  rabbit = await startRabbitmq({ username, password: rightCredential, tls: certificates })
})
test.after.always(() => rabbit.stop())

targetSuite(test.serial, {
  name: 'amqp with RabbitMQ',
  definition: underTest.definition,
  start,
  settings: settingsFor,
  lagMs: 3_000, // the consumer is told when the target is, or a moment later
  lacks: {
    ...underTest.lacks,
    throttle: 'RabbitMQ refuses what a queue has no room for, not to order (rabbitmq.test.ts)',
    hang: notOrdered,
    late: notOrdered,
    drop: notOrdered,
    part: notOrdered
  }
})

/** The consumer is new after every stop(); the port of the relay and what was received stay. */
async function start({ tls }: DoubleOptions): Promise<Double> {
  const received: Buffer[] = []
  return startBehind(new Relay(), {
    received: () => received,
    order: follow,
    start: async () => {
      const stop = await consume(body => void received.push(ownBytes([body])))
      return { port: tls === undefined ? rabbit.port : rabbit.tlsPort, stop }
    }
  })
}

/** Limits and missing exchanges it has for real. */
function follow(order: Order): void {
  if (order.kind === 'limit') limit(order.maxBytes)
  else if (order.kind === 'refuse address')
    rabbit.control(
      'eval',
      `rabbit_exchange:delete({resource, <<"/">>, exchange, <<"${exchange}">>}, false, <<"test">>).`
    )
  else if (order.kind !== 'confirm') throw new Error(`RabbitMQ takes no order to ${order.kind}`)
}

function limit(bytes: number): void {
  rabbit.control('eval', `application:set_env(rabbit, max_message_size, ${bytes}).`)
  isLimited = bytes !== usualMaxBytes
}

/** Declares the exchange with a queue behind it, and takes what comes until the returned function is called. */
async function consume(take: (body: Buffer) => void): Promise<() => Promise<void>> {
  const connection = await connect(rabbit.url)
  const channel = await connection.createConfirmChannel()
  await channel.assertExchange(exchange, 'fanout')
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, exchange, '')
  let onLast = () => {}
  const consumed = ({ content, properties }: { content: Buffer; properties: { type?: unknown } }) => {
    if (properties.type === 'last') onLast()
    else take(content)
  }
  await channel.consume(queue, message => message !== null && consumed(message), { noAck: true })
  return async () => {
    // What was confirmed lies in the queue before this one.
    const last = new Promise<void>(resolve => {
      onLast = resolve
    })
    channel.publish('', queue, Buffer.alloc(0), { type: 'last' })
    await last
    if (isLimited) limit(usualMaxBytes)
    await connection.close()
  }
}
