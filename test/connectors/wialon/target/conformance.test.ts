// The Wialon target against the contract of targets: its double takes the orders of the suite as replies. With
// "acks: none" it takes no part: that only what was confirmed counts as delivered, which the suite looks at in every
// behaviour, is what this setting gives up. acks.test.ts has what it keeps.

import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { type DoubleOptions, type Reply, WialonDouble } from '../../../../connectors/wialon/double.ts'
import { wialonTarget } from '../../../../connectors/wialon/index.ts'
import type { Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { Ordered } from '../../../conformance/target/ordered.ts'
import { type Double, type Order, targetSuite, type Wish } from '../../../conformance/target.ts'

const lacks = {
  greeting: 'a receiver says nothing until it has a packet',
  credentials: 'the protocol has no login',
  tls: 'the protocol is plain TCP',
  address: 'a connection leads to one place only',
  verbatim: 'a packet is binary and not JSON',
  refusal: 'a packet that is refused is just not answered',
  'size limit': 'the protocol names no limit',
  throttle: 'there is no such answer',
  'throttle with time': 'there is no such answer',
  window: 'answers are told apart by counting, so one batch is in flight'
}

const settings = ({ host, port, timeoutMs }: Wish) => ({
  host,
  port,
  connectTimeoutMs: timeoutMs,
  answerTimeoutMs: timeoutMs
})

targetSuite(test.serial, { name: 'wialon', definition: wialonTarget, start: () => start(), settings, lacks })

targetSuite(test.serial, {
  name: 'wialon, any answer',
  definition: wialonTarget,
  start: () => start({ answersOncePerRead: true }),
  settings: wish => ({ ...settings(wish), acks: 'any' }),
  lacks: {
    ...lacks,
    part: 'the first answer stands for all packets, so what a receiver leaves out is not noticed'
  }
})

async function start(style: Pick<DoubleOptions, 'answersOncePerRead'> = {}): Promise<Double> {
  const ordered = new Ordered()
  const double = new WialonDouble({
    ...style,
    clock: systemClock,
    ledger: packet => ordered.received(messageOf(packet)),
    reply: () => {
      const reply = replyTo(ordered.order, ordered.sinceOrder)
      if (reply.kind === 'close' || reply.kind === 'reset') ordered.begin()
      return reply
    },
    answered: packet => ordered.confirmed(messageOf(packet))
  })
  await double.start()
  return ordered.dress(double)
}

/** As much of the message as tells which it is. */
function messageOf({ unit, blocks }: Packet): Buffer {
  const seq = blocks.find(block => block.kind === 'integer' && block.name === 'seq')
  return Buffer.from(JSON.stringify({ ident: unit, seq: seq?.value }))
}

/** What the order means for this packet, the one with number `sinceOrder`. */
function replyTo(order: Order, sinceOrder: number): Reply {
  if (order.kind === 'confirm') return { kind: 'answer', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'silent' : 'reset' }
  if (order.kind === 'part') return { kind: sinceOrder <= order.messages ? 'answer' : 'close' }
  return { kind: 'silent' }
}
