// What is peculiar to HTTP/2: one connection for all requests, kept for a while, and agreed on over TLS.

import test from 'ava'
import { HttpTarget } from '../../../../connectors/http/target.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { makeCertificates } from '../../../certificates.ts'
import { batchOf } from '../../../messages.ts'
import { configAt, deliveredWith, deliverOne, doubleWith, targetAt, until } from '../harness.ts'

const tls = makeCertificates()
const ok = { kind: 'answer', status: 200 } as const

test('a hundred requests at once share one connection', async t => {
  const { double, ledger } = await doubleWith(t, { ...ok, afterMs: 50 }, { tls, http2: true })
  const target = targetAt(t, double.url, { http2: true, tls: { ca: tls.ca }, bearer: 'secret' })
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => deliverOne(target)))
  t.true(outcomes.every(({ kind }) => kind === 'delivered'))
  t.is(double.connections, 1)
  t.is(ledger.length, 100)
  t.like(ledger[0]?.headers, { ':method': 'POST', authorization: 'Bearer secret', 'content-length': '15' })
})

test('a connection that nothing uses is left after four seconds, and the next request opens another', async t => {
  const { double, ledger } = await doubleWith(t, ok, { tls, http2: true })
  const clock = new VirtualClock()
  const config = configAt(double.url, { http2: true, tls: { ca: tls.ca } })
  const target = new HttpTarget(config, { stream: 'acme', clock, log: () => {}, mask: new Mask([]) })
  t.teardown(() => target.close())
  const deliver = () => target.deliver(batchOf(['{"ident":"1"}']), new AbortController().signal)
  t.deepEqual(await deliver(), deliveredWith(200))
  await clock.advance(3_000)
  t.deepEqual(await deliver(), deliveredWith(200))
  t.is(double.connections, 1)
  await clock.advance(4_000)
  t.deepEqual(await deliver(), deliveredWith(200)) // at once, while the one before is being closed
  await until(() => double.connections === 1)
  t.is(ledger.length, 3)
  await target.close()
  t.is(clock.waiting, 0)
})

test('a receiver that speaks HTTP/1.1 only means unsent', async t => {
  const { double, ledger } = await doubleWith(t, ok, { tls })
  const outcome = await deliverOne(targetAt(t, double.url, { http2: true, tls: { ca: tls.ca } }))
  t.is(outcome.kind, 'unsent')
  t.is(ledger.length, 0)
})

test('without TLS there is none, which is told', t => {
  const build = () => targetAt(t, 'http://acme.example/', { http2: true })
  t.throws(build, { code: 'config_invalid', message: /^http2: .*https/ })
})

test('a forbidden address is refused over HTTP/2, too', async t => {
  const target = targetAt(t, 'https://169.254.169.254/', { http2: true })
  t.like(await deliverOne(target), { kind: 'halt', code: 'address_forbidden' })
})
