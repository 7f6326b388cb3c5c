// When a request counts as sent: what is not known to be unsent may have arrived.

import https from 'node:https'
import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble } from '../../../../connectors/http/double.ts'
import { Exchange } from '../../../../connectors/shared/http/exchange.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { makeCertificates } from '../../../certificates.ts'
import { until } from '../../../flows/harness/until.ts'

test('a request that waited in line for a connection counts as sent once it has it, and not before', async t => {
  const { ca, cert, key } = makeCertificates()
  const received: string[] = []
  const double = new HttpDouble({
    clock: systemClock,
    tls: { cert, key },
    ledger: ({ path }) => void received.push(path),
    reply: ({ path }) => (path === '/1' ? { kind: 'answer', status: 204 } : { kind: 'hang' })
  })
  await double.start()
  t.teardown(() => double.stop())
  const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const settings = {
    ...{ agent, host: 'localhost', port: double.port, clock: systemClock, mask: new Mask([]) },
    ...{ connectTimeoutMs: 5_000, answerTimeoutMs: 5_000 },
    late: { connect: 'http_connect_timeout', answer: 'http_response_timeout' } as const,
    outcomeOfAnswer: () => ({ kind: 'delivered' }) as const,
    outcomeOfError: (_: unknown, sent: boolean) =>
      ({ kind: sent ? 'unknown' : 'unsent', code: 'http_connection_lost', detail: '' }) as const
  }
  const ask = (path: string) =>
    new Exchange(settings, { path, headers: {}, body: Buffer.from('{}') }, new AbortController().signal)
      .outcome
  const [first, second, third, fourth] = [ask('/1'), ask('/2'), ask('/3'), ask('/4')]
  t.is((await first).kind, 'delivered')
  await until('the second arrived', () => received.length === 2)
  double.cut()
  t.is((await second).kind, 'unknown')
  await until('the third arrived', () => received.length === 3)
  await double.stop()
  t.is((await third).kind, 'unknown')
  t.is((await fourth).kind, 'unsent', 'it never had one')
  t.deepEqual(received, ['/1', '/2', '/3'])
})

test('a request that cannot be made leaves neither a timer nor a listener behind', t => {
  const clock = new VirtualClock()
  const settings = {
    ...{ agent: new https.Agent(), host: 'localhost', port: 1, clock, mask: new Mask([]) },
    ...{ connectTimeoutMs: 5_000, answerTimeoutMs: 5_000 },
    late: { connect: 'http_connect_timeout', answer: 'http_response_timeout' } as const,
    outcomeOfAnswer: () => ({ kind: 'delivered' }) as const,
    outcomeOfError: () => ({ kind: 'unsent', code: 'http_connection_lost', detail: '' }) as const
  }
  const request = { path: '/', headers: { bad: 'a\nb' }, body: Buffer.alloc(0) }
  const { signal } = new AbortController()
  t.throws(() => new Exchange(settings, request, signal), { code: 'ERR_INVALID_CHAR' })
  t.is(clock.waiting, 0)
})
