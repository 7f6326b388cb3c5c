// `tailrace receipts` on a real Kafka, beside a stream that has delivered and set aside, and on a file alone.

import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { until } from '../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { createService, startReceiver, writeConfig } from '../../service/start.ts'
import { outputOf } from '../shared/output.ts'

/** A stream that has delivered two messages of truck-1 and was refused one of truck-2. */
async function setUp(t: ExecutionContext) {
  let status = 200
  const receiver = await startReceiver(t, () => ({ kind: 'answer', status, body: 'noted' }))
  const topic = uniqueName('receipts')
  const target = { http: { url: receiver.url, maxMessages: 1 } }
  const acme = { from: ['fleet'], group: topic, target, sequence: { field: 'seq' }, receipts: {} }
  const parts = { channels: { fleet: { topic, partitions: 2, sources: [{ http: {} }] } }, streams: { acme } }
  const running = createService(t, parts)
  await running.service.start()
  await running.opened('acme', 2)
  const accounts = () => running.stream('acme')?.accounts
  await running.post('fleet', [
    { ident: 'truck-1', n: 1 },
    { ident: 'truck-1', n: 2 }
  ])
  await until('two are delivered', () => accounts()?.delivered === 2)
  status = 400
  await running.post('fleet', [{ ident: 'truck-2', n: 3 }])
  await until('one is set aside', () => accounts()?.dead_lettered === 1)
  const config = writeConfig(t, { kafka: { brokers: testBrokers() }, ...parts })
  return { config, ask: (...args: string[]) => outputOf(['receipts', ...args]) }
}

test('receipts are listed and verified, and the chain of every partition is whole', async t => {
  const { config, ask } = await setUp(t)
  const of = ['--config', config]
  const listed = await ask('list', 'acme', ...of, '--device', 'truck-1', '--since', '1h', '--json')
  const receipts = listed.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.deepEqual(
    receipts.map(({ kind, device, number, attempts, code }) => ({ kind, device, number, attempts, code })),
    [1, 2].map(number => ({ kind: 'delivered', device: 'truck-1', number, attempts: 1, code: null }))
  )
  const verified = await ask('verify', 'acme', ...of, '--json')
  t.is(verified.code, 0, verified.stderr)
  const { isWhole, partitions } = JSON.parse(verified.stdout)
  t.true(isWhole)
  const counts: number[] = partitions.map(({ receipts: some }: { receipts: number }) => some)
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    3
  )
})

test('a file of receipts is verified alone, until a byte is flipped or its end is cut off', async t => {
  const { config, ask } = await setUp(t)
  const { partitions } = JSON.parse((await ask('verify', 'acme', '--config', config, '--json')).stdout)
  const exported = (await ask('export', 'acme', '--config', config)).stdout
  const file = join(dirname(config), 'receipts.jsonl')
  const headOf = ({ partition, head }: { partition: number; head: string }) => [
    '--head',
    `${partition}=${head}`
  ]
  const verify = (content: string | Buffer) => {
    writeFileSync(file, content)
    return ask('verify', '--file', file, ...partitions.flatMap(headOf))
  }
  t.is((await verify(exported)).code, 0)
  const bytes = Buffer.from(exported)
  const at = exported.indexOf('truck-1') + 6
  bytes[at] = (bytes[at] ?? 0) ^ 1
  const broken = await verify(bytes)
  t.is(broken.code, 1)
  t.regex(
    broken.stderr,
    /partition \d, offset \d+: The receipts are not what was written: its bytes are not those/
  )
  const cut = await verify(`${exported.trimEnd().split('\n').slice(0, -1).join('\n')}\n`)
  t.is(cut.code, 1)
  t.regex(cut.stderr, /no receipt has the hash/)
})

test('a stream that keeps no receipts, a wrong head and a missing file are told', async t => {
  const config = writeConfig(t, {
    kafka: { brokers: testBrokers() },
    channels: { fleet: {} },
    streams: { acme: { from: ['fleet'], target: { http: { url: 'http://127.0.0.1:1' } } } }
  })
  const ask = (...args: string[]) => outputOf(['receipts', ...args])
  const none = await ask('verify', 'acme', '--config', config)
  t.is(none.code, 2)
  t.regex(none.stderr, /acme keeps no receipts/)
  t.is((await ask('verify', 'acme', '--head', '0=abc')).code, 2)
  t.is((await ask('verify')).code, 2)
  const missing = await ask('verify', '--file', join(dirname(config), 'none.jsonl'))
  t.is(missing.code, 3)
})
