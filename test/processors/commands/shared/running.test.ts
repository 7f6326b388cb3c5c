// What commands say of a stream that does not go on, beside a service on a real Kafka whose target is away.

import { createServer, type Server } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { reportedBy, stateLines } from '../../../../processors/commands/shared/running.ts'
import type { StreamReport } from '../../../../processors/service/admin/status.ts'
import { until } from '../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { createService, writeConfig } from '../../service/start.ts'
import { startCommand } from '../child.ts'
import { outputOf } from './output.ts'

const nowMs = Date.UTC(2026, 0, 1)
// Of a stream, what is looked at.
const report = (state: string, trouble?: Partial<StreamReport['trouble']>) =>
  ({ state, trouble }) as StreamReport

test('a state is told with its reason, the next attempt and the way to mend it', t => {
  t.deepEqual(stateLines(report('running'), nowMs), ['running'])
  const trouble = { sentence: 'The broker could not be reached', detail: 'ECONNREFUSED' }
  const nextAttempt = new Date(nowMs + 11_200).toISOString()
  t.deepEqual(stateLines(report('waiting', { ...trouble, nextAttempt }), nowMs), [
    'waiting: The broker could not be reached (ECONNREFUSED), next attempt in 12 s'
  ])
  t.deepEqual(stateLines(report('waiting', { ...trouble, nextAttempt }), nowMs + 12_000), [
    'waiting: The broker could not be reached (ECONNREFUSED), the next attempt is due'
  ])
  t.deepEqual(stateLines(report('halted', { ...trouble, nextAttempt: null, hint: 'Start it.' }), nowMs), [
    'halted: The broker could not be reached (ECONNREFUSED)',
    'Start it.'
  ])
})

test('who is no Tailrace, or does not run the stream, has nothing to say', async t => {
  for (const body of ['<html>', 'null', '{"streams":[]}', '{"streams":7}']) {
    const server: Server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
    await until('it listens', () => server.listening)
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    t.is(await reportedBy(`http://127.0.0.1:${port}`, 'acme'), null)
    server.close()
  }
  t.is(await reportedBy('http://127.0.0.1:1', 'acme'), null)
})

/** A stream whose target nobody listens for, and its configuration, which names the port of its process. */
async function setUp(t: ExecutionContext) {
  const topic = uniqueName('away')
  const target = { http: { url: 'http://127.0.0.1:1' } }
  const parts = {
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: {
      acme: { from: ['fleet'], group: topic, target, retry: { minDelayMs: 60_000, maxDelayMs: 120_000 } }
    }
  }
  const running = createService(t, parts)
  await running.service.start()
  await running.opened('acme', 1)
  await running.post('fleet', [{ ident: 'truck-7' }])
  await until('it waits', () => running.stream('acme')?.state === 'waiting')
  const listen = { admin: running.service.adminPort }
  return writeConfig(t, { kafka: { brokers: testBrokers() }, listen, ...parts })
}

test('watch, where and offsets say at once why a stream does not go on', async t => {
  const config = ['--config', await setUp(t)]
  const why = /waiting: .*\(.*ECONNREFUSED.*\), (?:next attempt in \d|the next attempt is due)/
  const where = ['where', 'acme', '--device', 'truck-7', ...config]
  t.regex((await outputOf(where)).stdout, new RegExp(`^the stream {6}${why.source}`, 'm'))
  t.like(JSON.parse((await outputOf([...where, '--json'])).stdout), {
    state: 'waiting',
    trouble: { code: 'http_connect_failed' }
  })
  const offsets = ['offsets', 'acme', ...config]
  t.regex((await outputOf(offsets)).stdout, new RegExp(`^It is ${why.source}`, 'm'))
  t.like(JSON.parse((await outputOf([...offsets, '--json'])).stdout), { state: 'waiting' })
  const watch = startCommand(t, ['watch', 'acme', ...config])
  t.regex(await watch.line(), new RegExp(`^${why.source}`))
  watch.interrupt()
  t.is((await watch.ended).code, 0)
  const json = startCommand(t, ['watch', 'acme', '--json', ...config])
  t.like(JSON.parse(await json.line()), {
    event: 'state',
    state: 'waiting',
    trouble: { code: 'http_connect_failed' }
  })
})
