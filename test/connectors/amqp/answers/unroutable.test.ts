// Whose fault it is that messages are given back: brokers do so at once, and confirm later what goes to a disk first.

import test from 'ava'
import type { AmqpPublished } from '../../../../connectors/amqp/double/double.ts'
import { until } from '../../../flows/harness/until.ts'
import { batchOf, doubleWith, numberOf, outcomesOf, targetAt } from '../harness.ts'

const delivered = 'delivered'
const refused = 'reject device amqp_device_unroutable'
const inDoubt = 'retry device amqp_device_unroutable'
const routingKey = 'fleet.{ident}'

/** A double with a binding for some devices, which it confirms when it is told to. */
const doubleBoundFor = (t: Parameters<typeof doubleWith>[0], isBound: (device: number) => boolean) =>
  doubleWith(t, {
    reply: ({ body }: AmqpPublished) => ({ kind: isBound(numberOf(body)) ? 'hold' : 'return' })
  })

test('devices without a queue stay to blame though all are given back before the others are confirmed', async t => {
  const isBound = (device: number) => device % 10 >= 3
  const { double } = await doubleBoundFor(t, isBound)
  const target = targetAt(t, double.url, { routingKey })
  const outcomes = outcomesOf(target, batchOf(100))
  await until('the others have come', () => double.held === 70)
  double.acknowledgeHeld()
  const told = await outcomes
  const unbound = told.filter((_, at) => !isBound(at))
  t.deepEqual(unbound, [...Array(19).fill(refused), ...Array(11).fill(inDoubt)])
  t.deepEqual(
    told.filter((_, at) => isBound(at)),
    Array(70).fill(delivered)
  )
  for (const from of [90, 91, 92]) t.deepEqual(await outcomesOf(target, batchOf(1, { from })), [refused])
})

test('when the bindings are lost while others are still to be confirmed, that shows a little later', async t => {
  const { double } = await doubleBoundFor(t, device => device < 10)
  const target = targetAt(t, double.url, { routingKey })
  const outcomes = outcomesOf(target, batchOf(40))
  await until('the first have come', () => double.held === 10)
  double.acknowledgeHeld()
  t.false((await outcomes).some(outcome => outcome.startsWith('halt')))
  const next = await outcomesOf(target, batchOf(40, { from: 20 }))
  t.deepEqual(new Set(next.slice(0, -1)), new Set([refused, inDoubt]))
  t.is(next.at(-1), 'halt amqp_unroutable')
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 20 })), ['halt amqp_unroutable'])
})

test('a connection that is lost leaves open what would have become of the others', async t => {
  const isBound = (device: number) => device % 2 === 0
  let isLost = true
  const { double } = await doubleWith(t, {
    reply: ({ body }) => {
      const device = numberOf(body)
      if (device === 99 && isLost) return { kind: 'hangUp' }
      return { kind: isBound(device) ? 'hold' : 'return' }
    }
  })
  const target = targetAt(t, double.url, { routingKey })
  const lost = await outcomesOf(target, batchOf(100))
  isLost = false
  t.is(lost[0], 'unknown amqp_connection_lost')
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 1 })), [refused])
})
