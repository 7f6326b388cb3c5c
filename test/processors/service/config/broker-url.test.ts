// The url of a broker: its host may be shown wherever it comes from, and what stands behind it may be a secret.

import test, { type ExecutionContext } from 'ava'
import { shownUrl } from '../../../../connectors/mqtt/broker.ts'
import { mqttSource, mqttTarget } from '../../../../connectors/mqtt/index.ts'
import { readConfig } from '../../../../processors/service/config/load.ts'
import { formatProblem } from '../../../../processors/service/config/problem.ts'
import { fixture } from './fixture.ts'

const registry = { sources: [mqttSource], targets: [mqttTarget] }

function loadedWith(t: ExecutionContext, url: string, env: Record<string, string> = {}) {
  const { folder } = fixture(t, {
    'a.yaml': `kafka: { brokers: ["localhost:9092"] }
channels: { fleet: {} }
streams: { acme: { from: [fleet], target: { mqtt: { url: "${url}", topic: a } } } }`
  })
  return readConfig(folder, { registry, env })
}

for (const [url, env, said, shown] of [
  ['wss://h.example/mqtt?token=s3cr3t-1', {}, 'no s3cr3t-1 at h.example', 'no *** at h.example'],
  ['wss://h.example/mqtt?token=${env:T}', { T: 'abc' }, 'no abc at h.example', 'no *** at h.example'],
  ['wss://h.example/${env:T}/mqtt', { T: 'abc-def' }, 'no abc-def', 'no ***'],
  ['mqtts://${env:H}', { H: 'h.example' }, 'no h.example', 'no h.example'],
  ['${env:U}', { U: 'ws://h.example/mqtt?key=s3cr3t-1' }, 's3cr3t-1 at h.example', '*** at h.example']
] as const)
  test(`with ${url} and ${JSON.stringify(env)} "${said}" is shown as "${shown}"`, t => {
    const loaded = loadedWith(t, url, env)
    if (loaded.kind === 'invalid') return t.fail()
    t.is(loaded.mask.apply(said), shown)
  })

for (const url of [
  'ws://user:s3cr3t-1@h.example/mqtt',
  'ws://h.example/mqtt?token=s3cr3t-1#x',
  'wss://a b?s3cr3t-1'
])
  test(`a mistake in ${url} is told without what may be secret, and with every kind of url that can be`, t => {
    const loaded = loadedWith(t, url)
    if (loaded.kind !== 'invalid') return t.fail()
    const lines = loaded.problems.map(problem => formatProblem(problem)).join('\n')
    t.notRegex(lines, /s3cr3t-1/)
    for (const scheme of ['mqtt', 'mqtts', 'ws', 'wss'])
      t.true(lines.includes(` ${scheme}://host:port`), lines)
  })

test('a url is shown without its query', t => {
  t.is(shownUrl('wss://h.example:443/mqtt?token=s3cr3t-1'), 'wss://h.example:443/mqtt')
  t.is(shownUrl('mqtt://h.example'), 'mqtt://h.example')
})
