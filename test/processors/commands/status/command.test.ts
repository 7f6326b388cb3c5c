// `tailrace status` beside a service on a real Kafka, as a user runs it.

import { createServer } from 'node:http'
import test from 'ava'
import {
  columnsOf,
  headline,
  needsPerson,
  reasonLines,
  rowOf
} from '../../../../processors/commands/status/lines.ts'
import type { ServiceStatus, StreamReport } from '../../../../processors/service/admin/status.ts'
import { until } from '../../../flows/harness/until.ts'
import { uniqueName } from '../../../kafka.ts'
import { createService, startReceiver } from '../../service/start.ts'
import { configOf, outputOf } from '../shared/output.ts'

const nowMs = Date.UTC(2026, 0, 1)
const inSeconds = (seconds: number) => new Date(nowMs + seconds * 1_000).toISOString()

// Of a stream, what is looked at.
const stream = (parts: object) =>
  ({
    ...{ name: 'acme', state: 'running', lag: 0, oldestAgeSeconds: null },
    ...{ held: { devices: 0, messages: 0 }, accounts: { dead_lettered: 0 } },
    ...parts
  }) as unknown as StreamReport

// Of a process, what is looked at.
const process = (parts: object) =>
  ({
    ...{ version: '1.2.3', phase: 'running', uptimeSeconds: 3_700, config: { generation: 2 } },
    ...{ channels: [], streams: [] },
    ...parts
  }) as unknown as ServiceStatus

const trouble = { code: 'http_connect_failed', sentence: 'It could not be reached', detail: 'ECONNREFUSED' }

test('a stream is one row, with the reason and the next try where it has one', t => {
  const waiting = stream({
    ...{ state: 'waiting', lag: 12_345, oldestAgeSeconds: 3_700 },
    ...{ held: { devices: 1, messages: 7 }, accounts: { dead_lettered: 3 } },
    trouble: { ...trouble, nextAttempt: inSeconds(4) }
  })
  const columns = columnsOf([stream({}), waiting])
  t.deepEqual(rowOf(stream({}), columns, nowMs), ['acme', 'running', '0', '-', '0', '0', '', ''])
  t.deepEqual(rowOf(waiting, columns, nowMs), [
    ...['acme', 'waiting', '12,345', '1 h 1 min', '7', '3'],
    ...['http_connect_failed', 'in 4 s']
  ])
})

test('time to loss has a column where a stream tells it', t => {
  const streams = [stream({ timeToLossSeconds: 90_000 }), stream({ timeToLossSeconds: null })]
  const columns = columnsOf(streams)
  t.deepEqual(
    streams.map(one => rowOf(one, columns, nowMs)[4]),
    ['1 d 1 h', '-']
  )
})

test('the reasons are told in words, and how to mend what does not mend itself', t => {
  const nextAttempt = inSeconds(60)
  const found = process({
    streams: [
      stream({ state: 'waiting', trouble: { ...trouble, hint: 'Wait.', nextAttempt } }),
      stream({ name: 'bolt', state: 'halted', trouble: { ...trouble, hint: 'Mend it.', nextAttempt: null } })
    ],
    channels: [
      { name: 'fleet', trouble: { ...trouble, source: 'mqtt', url: 'mqtt://a.example' } },
      { name: 'boats', trouble }
    ],
    config: {
      generation: 2,
      refused: { at: inSeconds(0), reasons: ['a.yaml:1:1 is wrong'] },
      expiries: [
        { path: 'listen.tls.cert', kind: 'certificate', expires: inSeconds(-60), near: true },
        { path: 'kafka.tls.cert', kind: 'certificate', expires: inSeconds(86_400), near: true },
        { path: 'kafka.tls.ca', kind: 'certificate', expires: inSeconds(90 * 86_400), near: false }
      ]
    }
  })
  t.deepEqual(reasonLines(found, nowMs), [
    'acme: It could not be reached (ECONNREFUSED)',
    'bolt: It could not be reached (ECONNREFUSED)',
    '  Mend it.',
    'channel fleet: mqtt mqtt://a.example: It could not be reached (ECONNREFUSED)',
    'channel boats: It could not be reached (ECONNREFUSED)',
    'configuration refused: a.yaml:1:1 is wrong',
    'listen.tls.cert: is a certificate that expired 1 min 0 s ago',
    'kafka.tls.cert: is a certificate that expires in 1 d 0 h'
  ])
})

test('a person is needed for what is halted or refused, not for what heals by itself', t => {
  t.false(needsPerson(process({ streams: [stream({ state: 'waiting' })] })))
  t.true(needsPerson(process({ streams: [stream({}), stream({ state: 'halted' })] })))
  t.true(needsPerson(process({ channels: [{ name: 'fleet', connections: [{ state: 'halted' }] }] })))
  t.false(needsPerson(process({ channels: [{ name: 'fleet', connections: [{ state: 'waiting' }] }] })))
  t.true(needsPerson(process({ config: { generation: 1, refused: { reasons: [] } } })))
})

test('a process that does not start yet says why', t => {
  const waits = process({
    phase: 'connecting',
    trouble: { ...trouble, sentence: 'Kafka could not be reached', nextAttempt: inSeconds(10) }
  })
  t.is(
    headline(waits, nowMs),
    'Tailrace 1.2.3, up for 1 h 1 min, configuration 2: connecting: Kafka could not be reached (ECONNREFUSED), next attempt in 10 s'
  )
})

test('it shows each stream of a process, and ends with 1 once one is halted', async t => {
  const topic = uniqueName('status')
  const good = await startReceiver(t)
  const wary = await startReceiver(t, () => ({ kind: 'answer', status: 401 }))
  const of = (name: string, url: string) => ({
    ...{ from: ['fleet'], group: `${topic}.${name}`, start: 'earliest' },
    target: { http: { url } }
  })
  const channels = { fleet: { topic, partitions: 1, sources: [{ http: {} }] } }
  const streams = { acme: of('acme', good.url) }
  const running = createService(t, { channels, streams })
  await running.service.start()
  await running.opened('acme', 1)
  const url = ['--url', running.adminUrl()]
  const well = await outputOf(['status', ...url])
  t.deepEqual([well.code, well.stderr], [0, ''])
  const [first, titles, row] = well.stdout.split('\n')
  t.regex(first ?? '', /^Tailrace 0\.0\.0-test, up for \d+ s, configuration 1: running$/)
  t.regex(titles ?? '', /^STREAM {2}STATE .*LAG .*AGE .*HELD {2}DEAD LETTERS {2}REASON {2}NEXT TRY$/)
  t.regex(row ?? '', /^acme {4}running {4}0 {4}- {5}0 {13}0$/)

  await running.reload({ channels, streams: { ...streams, bolt: of('bolt', wary.url) } })
  await running.post('fleet', [{ ident: 'truck-7', n: 1 }])
  await until('bolt is halted', () => running.stream('bolt')?.state === 'halted')
  const ill = await outputOf(['status', ...url])
  t.is(ill.code, 1)
  t.regex(ill.stdout, /^bolt +halted +1 .* http_unauthorized +in \d+ /m)
  t.regex(ill.stdout, /^bolt: The target refused the credentials/m)
  t.false(ill.stdout.includes('\u001b'))
  const json = await outputOf(['status', '--json', ...url])
  t.is(json.code, 1)
  t.like(JSON.parse(json.stdout), { phase: 'running', streams: [{ name: 'acme' }, { state: 'halted' }] })
})

test('who does not answer, and who is no Tailrace, is told with exit code 3', async t => {
  const config = ['--config', configOf(t, uniqueName('status'))]
  const nobody = await outputOf(['status', ...config, '--url', 'http://127.0.0.1:1'])
  t.is(nobody.code, 3)
  t.regex(nobody.stderr, /No admin listener answers there/)
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await until('it listens', () => server.listening)
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const other = await outputOf(['status', ...config, '--url', `http://127.0.0.1:${port}`])
  t.is(other.code, 3)
  t.regex(other.stderr, /who answers is not Tailrace/)
})
