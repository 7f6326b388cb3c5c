// `tailrace dead-letters` on a real Kafka, as a user runs it.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { brokenLetterOf } from '../../../../processors/ingest/broken-letter.ts'
import { deadLetterOf } from '../../../../processors/stream/settlement/dead-letter.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { messagesOf } from '../../stream/settlement/messages.ts'
import { configOf, outputOf } from '../shared/output.ts'

const timeMs = Date.UTC(2026, 0, 31, 8)

/** A stream with the given dead letters; what it says about them is `answer`. */
async function setUp(t: ExecutionContext, values: readonly (string | Buffer)[], answer = '422 no such unit') {
  const topic = uniqueName('fleet')
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const [admin, producer] = [log.admin(), log.producer()]
  const name = `${topic}.dead-letters`
  await admin.createTopic({ name, partitions: 1, replication: 1, settings: {} })
  const wanted = values.map(value => ({ key: '862552046671133', value }))
  for (const message of messagesOf({ topic: 'fleet', partition: 3 }, wanted, timeMs - 60_000)) {
    const death = { failure: { code: 'http_rejected', detail: answer }, attempts: 2 } as const
    await producer.append(name, [deadLetterOf(message, death, { stream: 'acme', timeMs })])
  }
  await Promise.all([producer.close(5_000), admin.close()])
  const config = configOf(t, topic)
  return (...args: string[]) => outputOf(['dead-letters', ...args, '--config', config])
}

test('the list is a plain table, or lines of JSON', async t => {
  const run = await setUp(t, ['{"a":1}', '{"a":2}'])
  const { code, stdout, stderr } = await run('list', 'acme')
  t.is(code, 0, stderr)
  t.deepEqual(stdout.split('\n'), [
    'PLACE  SET ASIDE             DEVICE           CODE           TRIES  ORIGIN       ANSWER',
    '0:0    2026-01-31T08:00:00Z  862552046671133  http_rejected      2  fleet/3 @ 0  422 no such unit',
    '0:1    2026-01-31T08:00:00Z  862552046671133  http_rejected      2  fleet/3 @ 1  422 no such unit',
    ''
  ])
  t.regex(stderr, /^2 dead letters of fleet-\w+\.dead-letters\n$/)
  const json = await run('list', 'acme', '--json', '--limit', '1')
  t.deepEqual(JSON.parse(json.stdout), {
    place: '0:1',
    time: '2026-01-31T08:00:00.000Z',
    device: '862552046671133',
    code: 'http_rejected',
    reason: 'The target refused the messages for what they contain',
    answer: '422 no such unit',
    attempts: 2,
    resent: 0,
    origin: { topic: 'fleet', partition: 3, offset: 1, time: '2026-01-31T07:59:00.000Z' },
    stream: 'acme',
    bytes: 7
  })
  t.is(json.stderr, '')
})

test('one is shown with its message, as bytes, as JSON, or for people without what harms a terminal', async t => {
  const bytes = Buffer.from([0x7b, 0xc3, 0x28, 0x0a])
  const run = await setUp(t, ['{"a":\t1}\u001b[2J', bytes], 'see\u001b[31m\nlog')
  const { stdout } = await run('show', 'acme', '0:0')
  t.regex(stdout, /^answer +see\\u001b\[31m\\u000alog$/m)
  t.regex(stdout, /^origin +fleet\/3 @ 0, 2026-01-31T07:59:00Z$/m)
  t.true(stdout.endsWith('\n\n{"a":\t1}\\u001b[2J\n'))
  t.is((await run('show', 'acme', '0:0', '--raw')).stdout, '{"a":\t1}\u001b[2J')
  const { value } = JSON.parse((await run('show', 'acme', '0:0', '--json')).stdout)
  t.is(value, '{"a":\t1}\u001b[2J')
  const { valueBase64 } = JSON.parse((await run('show', 'acme', '0:1', '--json')).stdout)
  t.deepEqual(Buffer.from(valueBase64, 'base64'), bytes)
})

test('those of a channel are shown with where they came from and what is wrong with them', async t => {
  const topic = uniqueName('fleet')
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const [admin, producer] = [log.admin(), log.producer()]
  const name = `${topic}.dead-letters`
  await admin.createTopic({ name, partitions: 1, replication: 1, settings: {} })
  const problem = { code: 'message_invalid', detail: 'it has no ident', from: 'fleet/7/up' } as const
  const broken = { ...problem, bytes: Buffer.from('{"a":1}') }
  const letters = [brokenLetterOf(broken, { channel: 'fleet', timeMs })]
  await producer.append(name, [
    ...letters,
    brokenLetterOf({ ...broken, device: 'x' }, { channel: 'fleet', timeMs })
  ])
  await Promise.all([producer.close(5_000), admin.close()])
  const config = configOf(t, topic)
  const run = (...args: string[]) => outputOf(['dead-letters', ...args, '--channel', '--config', config])
  const { code, stdout, stderr } = await run('list', 'fleet')
  t.is(code, 0, stderr)
  t.deepEqual(stdout.split('\n'), [
    'PLACE  SET ASIDE             DEVICE  CODE             TRIES  ORIGIN      ANSWER',
    '0:0    2026-01-31T08:00:00Z  -       message_invalid      -  fleet/7/up  it has no ident',
    '0:1    2026-01-31T08:00:00Z  x       message_invalid      -  fleet/7/up  it has no ident',
    ''
  ])
  const page = (await run('show', 'fleet', '0:0')).stdout
  t.regex(page, /^from +fleet\/7\/up$/m)
  t.true(page.endsWith('\n\n{"a":1}\n'))
  t.like(JSON.parse((await run('show', 'fleet', '0:1', '--json')).stdout), {
    device: 'x',
    channel: 'fleet',
    from: 'fleet/7/up',
    value: '{"a":1}'
  })
  const unknown = await run('list', 'flee')
  t.is(unknown.code, 2)
  t.regex(unknown.stderr, /no channel "flee" in .*did you mean "fleet"\?/)
})

test('what is not there has exit code 1, what cannot be meant exit code 2', async t => {
  const run = await setUp(t, ['{}'])
  for (const place of ['0:1', '5:0']) {
    const { code, stderr } = await run('show', 'acme', place)
    t.is(code, 1)
    t.regex(stderr, new RegExp(`There is no such dead letter: ${place} of `))
  }
  const stream = await run('list', 'acm')
  t.is(stream.code, 2)
  t.regex(stream.stderr, /no stream "acm" in .*did you mean "acme"\?/)
  t.is((await run('show', 'acme', '7')).code, 2)
  t.is((await run('list', 'acme', '--code', 'http_rejectd')).code, 2)
  t.is((await run('list', 'acme', '--since', 'yesterday')).code, 2)
})

test('a stream without dead letters lists none', async t => {
  const config = configOf(t, uniqueName('fleet'))
  const { code, stdout, stderr } = await outputOf(['dead-letters', 'list', 'acme', '-c', config])
  t.is(code, 0)
  t.is(stdout, '')
  t.regex(stderr, /^0 dead letters of /)
})
