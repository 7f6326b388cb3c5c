// `tailrace silent` on a real Kafka, as a user runs it: what a stream has kept, and what lies in its channel behind that.

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { encodeSince, encodeState } from '../../../../processors/stream/steps/state-record.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { folder, outputOf } from '../shared/output.ts'

const hourMs = 3_600_000

/** A stream that has listened for three hours and heard two devices two hours ago, one of which has spoken since. */
async function setUp(t: ExecutionContext, silence: object | null = { afterSeconds: 3_600 }) {
  const topic = uniqueName('fleet')
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const [admin, producer] = [log.admin(), log.producer()]
  t.teardown(() => Promise.all([producer.close(5_000), admin.close()]))
  for (const name of [topic, `${topic}.state`])
    await admin.createTopic({ name, partitions: 1, replication: 1, settings: {} })
  const place = { steps: [], topic, partition: 0 }
  const [heardMs, memories] = [Date.now() - 2 * hourMs, []]
  await producer.append(`${topic}.state`, [
    encodeSince(place, Date.now() - 3 * hourMs),
    encodeState({ device: 'bus-1', offset: -1, heardMs, memories }, place),
    encodeState({ device: 'bus-2', offset: -1, heardMs, memories }, place)
  ])
  await producer.append(topic, [{ key: Buffer.from('bus-2'), value: Buffer.from('{"ident":"bus-2"}') }])
  const committed = { topic, partition: 0, next: 0, metadata: '1;birth=0;from=0' }
  await admin.moveOffsets(topic, [committed])
  return commandOf(t, { topic, silence })
}

interface Wanted {
  readonly topic: string
  /** Null: the stream has none. */
  readonly silence: object | null
}

/** The command for a stream that wants three of four devices of which attributes are known. */
function commandOf(t: ExecutionContext, { topic, silence }: Wanted) {
  const acme = {
    ...{ from: ['fleet'], group: topic, where: 'mine', state: { topic: `${topic}.state` } },
    ...(silence && { silence }),
    target: { http: { url: 'http://127.0.0.1:1' } }
  }
  const config = {
    kafka: { brokers: testBrokers() },
    channels: { fleet: { topic } },
    attributes: { file: 'devices.yaml' },
    streams: { acme }
  }
  const mine = ['bus-1', 'bus-2', 'bus-3'].map(device => `${device}: { mine: true }\n`)
  const files = {
    'tailrace.yaml': JSON.stringify(config),
    'devices.yaml': `${mine.join('')}bus-4: { mine: false }\n`
  }
  const path = join(folder(t, files), 'tailrace.yaml')
  return (...args: string[]) => outputOf(['silent', 'acme', ...args, '--config', path])
}

test('who is silent is a plain table, those never heard first, or lines of JSON', async t => {
  const run = await setUp(t)
  const { code, stdout, stderr } = await run()
  t.is(code, 0, stderr)
  const [head = '', first = '', second = '', ...rest] = stdout.trimEnd().split('\n')
  t.regex(head, /^DEVICE +HEARD LAST +SILENT FOR$/)
  t.regex(first, /^bus-3 +never$/)
  t.regex(second, /^bus-1 +\S+Z +2 h 0 min$/)
  t.deepEqual(rest, [])
  t.regex(stderr, /^2 devices silent for more than 1 h 0 min; the stream has listened since \S+Z\n$/)
  const json = (await run('--json')).stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  t.like(json[0], { device: 'bus-3', heard: null, silentSeconds: null })
  t.like(json[1], { device: 'bus-1' })
})

test('another time is asked for by --after, beyond which nobody can be called silent who was not listened for', async t => {
  const run = await setUp(t)
  const { code, stdout, stderr } = await run('--after', '4h')
  t.deepEqual([code, stdout], [0, ''])
  t.regex(stderr, /^0 devices silent for more than 4 h 0 min/)
})

test('a stream that keeps no record of when devices were heard says so', async t => {
  const run = await setUp(t, null)
  const { code, stderr } = await run()
  t.is(code, 2)
  t.regex(stderr, /keeps no record of when devices were heard: give it "silence: \{\}"/)
})
