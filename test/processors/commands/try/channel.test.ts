// `tailrace try` and `tailrace check --against` on the messages of a channel, on real Kafka.

import test from 'ava'
import { Cluster } from '../../../flows/harness/cluster.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { folder, outputOf } from '../shared/output.ts'

test('the last messages of a channel that the stream wants are tried, and fields that they lack are told', async t => {
  const topic = uniqueName('try')
  await fill(topic)
  const cwd = folder(t, {
    'tailrace.yaml': `kafka: { brokers: [${JSON.stringify(testBrokers()[0])}] }
channels: { fleet: { topic: ${topic} } }
streams:
  acme:
    from: ['fleet/a*']
    steps:
      - map: { fast: 'speed > 20' }
      - filter: 'fast && sped > 1'
    target: { http: { url: "https://a.example" } }
`
  })
  const tried = await outputOf(['try', '--stream', 'acme', '--last', '2', '--json'], cwd)
  t.is(tried.stderr, '')
  const devices = tried.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).device)
  t.deepEqual(devices, ['a24', 'a27'])
  const expression = await outputOf(['try', 'n', '--channel', 'fleet', '--last', '3'], cwd)
  t.is(expression.stdout.trimEnd().split('\n').length, 4)
  const checked = await outputOf(['check', 'tailrace.yaml', '--against', 'fleet'], cwd)
  t.is(checked.code, 0)
  t.deepEqual(checked.stderr.split('\n'), [
    'tailrace.yaml:8:9 streams.acme.steps[1].filter looks at "sped", which none of the last 10 messages of fleet that acme wants has, did you mean "speed"?',
    '1 warning',
    ''
  ])
  const unknown = await outputOf(['check', 'tailrace.yaml', '--against', 'flet'], cwd)
  t.is(unknown.code, 2)
  t.regex(unknown.stderr, /no channel "flet", did you mean "fleet"/)
})

/** Every third message is of a device that the stream wants. */
async function fill(topic: string): Promise<void> {
  const cluster = new Cluster(testBrokers())
  await cluster.createTopic(topic, 2, 1)
  for (let n = 0; n < 30; n++) {
    const ident = n % 3 === 0 ? `a${n}` : `b${n}`
    const value = Buffer.from(JSON.stringify({ ident, n, speed: n }))
    await cluster.producer.append(topic, [{ key: Buffer.from(ident), value }])
  }
  await cluster.close()
}
