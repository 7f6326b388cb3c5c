// `tailrace held` on a real Kafka, as a user runs it.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { decodeHeld, heldMessage, heldNote } from '../../../../processors/stream/held/held-record.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { messagesOf } from '../../stream/settlement/messages.ts'
import { configOf, outputOf } from '../shared/output.ts'

/** A stream in whose held topic one device waits with two messages, for a minute. */
async function setUp(t: ExecutionContext) {
  const topic = uniqueName('fleet')
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const [admin, producer] = [log.admin(), log.producer()]
  t.teardown(() => Promise.all([producer.close(5_000), admin.close()]))
  const name = `${topic}.held`
  await admin.createTopic({ name, partitions: 2, replication: 1, settings: {} })
  const nowMs = Date.now() - 61_000
  const why = { code: 'http_device_refused', answer: 'HTTP 404: no such unit' }
  const wanted = ['{"a":1}', '{"a":2}'].map(value => ({ key: 'bus-7', value }))
  const messages = messagesOf({ topic, partition: 1 }, wanted, nowMs)
  const records = messages.map(message => heldMessage(message, { why, owner: 'me', nowMs }))
  await producer.append(name, [heldNote({ kind: 'owner', owner: 'me' }, 1), ...records])
  const config = configOf(t, topic)
  const last = async () => {
    const end = (await admin.ranges(name))[1]?.end ?? 0
    for await (const { key, headers } of admin.read({ topic: name, partition: 1, from: end - 1, to: end }))
      return { device: key?.toString(), ...decodeHeld(headers) }
    return undefined
  }
  return { topic, last, run: (...args: string[]) => outputOf(['held', 'acme', ...args, '--config', config]) }
}

test('who waits is a plain table, or lines of JSON', async t => {
  const { run, topic } = await setUp(t)
  const { code, stdout, stderr } = await run()
  t.is(code, 0, stderr)
  const [head = '', row = ''] = stdout.split('\n')
  t.regex(head, /^DEVICE +PARTITION +MESSAGES +SINCE +AGE +CODE +ANSWER$/)
  t.regex(
    row,
    new RegExp(`^bus-7 +${topic}/1 +2 +\\S+Z +1 min \\d+ s +http_device_refused +HTTP 404: no such unit$`)
  )
  t.is(stderr, `1 device with 2 messages in ${topic}.held\n`)
  const json = JSON.parse((await run('--json')).stdout)
  t.like(json, { device: 'bus-7', topic, partition: 1, messages: 2, code: 'http_device_refused' })
})

test('a release and a discard are written into the held topic', async t => {
  const { run, last, topic } = await setUp(t)
  const released = await run('--release', 'bus-7')
  t.deepEqual(
    [released.code, released.stdout],
    [0, 'bus-7: it is tried at once where the stream runs, else as soon as it does\n']
  )
  t.deepEqual(await last(), { device: 'bus-7', kind: 'release', topic })
  const unasked = await run('--discard', 'bus-7')
  t.is(unasked.code, 2, unasked.stderr)
  t.like(await last(), { kind: 'release' })
  t.is((await run('--discard', 'bus-7', '--yes')).code, 0)
  t.deepEqual(await last(), { device: 'bus-7', kind: 'discard', topic })
})

test('a device that does not wait has exit code 1', async t => {
  const { run } = await setUp(t)
  const { code, stderr } = await run('--release', 'bus-8')
  t.is(code, 1)
  t.regex(stderr, /No such device waits: bus-8/)
})
