// The Wialon IPS target against the contract of targets: its double takes the orders of the suite as replies.

import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { type Received, type Reply, WialonIpsDouble } from '../../../../connectors/wialon-ips/double.ts'
import { wialonIpsTarget } from '../../../../connectors/wialon-ips/index.ts'
import { Ordered } from '../../../conformance/target/ordered.ts'
import { type Double, type DoubleOptions, type Order, targetSuite } from '../../../conformance/target.ts'

targetSuite(test.serial, {
  name: 'wialon ips',
  definition: wialonIpsTarget,
  start,
  settings: ({ host, port, credential, timeoutMs }) => ({
    host,
    port,
    password: credential,
    connectTimeoutMs: timeoutMs,
    answerTimeoutMs: timeoutMs
  }),
  lacks: {
    'early connection': 'a connection is of a device, and open() knows none yet',
    tls: 'the protocol is plain TCP',
    address: 'a connection leads to one place only',
    verbatim: 'a record is not JSON',
    'size limit': 'texts are cut to 1,344 characters, and no other limit is named',
    throttle: 'there is no such answer',
    'throttle with time': 'there is no such answer',
    window: 'a device has one connection, with one packet at a time'
  }
})

async function start({ credential }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const double = new WialonIpsDouble({
    clock: systemClock,
    login: ({ password }) => ({ kind: 'answer', body: password === credential ? '1' : '01' }),
    ledger: packet => ordered.received(...messagesOf(packet)),
    reply: packet => {
      const reply = replyTo(packet, ordered.order, ordered.sinceOrder)
      if (reply.kind === 'reset' || reply.kind === 'close') ordered.begin()
      return reply
    },
    answered: packet => ordered.confirmed(...messagesOf(packet))
  })
  await double.start()
  return ordered.dress(double)
}

/** As much of each message as tells which it is. */
function messagesOf({ ident, records }: Received): Buffer[] {
  return records.map(record => {
    const [, seq] = /[;,]seq:1:(\d+)/.exec(record) ?? []
    return Buffer.from(JSON.stringify({ ident, seq: Number(seq) }))
  })
}

/** What the order means for this packet, whose records are counted in `sinceOrder`. */
function replyTo(packet: Received, order: Order, sinceOrder: number): Reply {
  if (order.kind === 'confirm') return { kind: 'answer', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'silent' : 'reset' }
  if (order.kind === 'part' && packet.type === 'D' && sinceOrder <= order.messages) return { kind: 'answer' }
  if (order.kind === 'part') return { kind: 'close' }
  if (order.kind !== 'refuse') return { kind: 'silent' }
  const messages = messagesOf(packet).map(bytes => JSON.parse(bytes.toString()))
  const others = messages.filter(({ ident, seq }) => `${ident}#${seq}` !== order.id)
  if (others.length === messages.length) return { kind: 'answer' }
  return { kind: 'answer', body: packet.type === 'D' ? '15' : String(others.length) }
}
