// What rolls pods and what does not: only what a process cannot take while it runs, as the plan of a reload says it.

import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { planReload } from '../../../processors/service/reload/plan.ts'
import { loaded } from './product.ts'
import { at, configurationsOf, type Manifest, manifestsOf, ofKind, renderValues, valuesOf } from './render.ts'

const hashOf = (manifests: readonly Manifest[]) =>
  ofKind(manifests, 'Deployment').map(({ spec }) =>
    at(spec, 'template', 'metadata', 'annotations', 'tailrace/needs-restart')
  )

/** What a change of the configuration of `minimal` does: to the pods, and to a process by its plan. */
async function change(t: ExecutionContext, changes: object) {
  const values = Object(valuesOf('minimal'))
  const [before, after] = await Promise.all(
    [values, { ...values, config: { ...values.config, ...changes } }].map(each => renderValues(each))
  )
  const manifests = [before, after].map(run =>
    manifestsOf(run ?? { status: 1, stdout: '', stderr: 'no render' })
  )
  const configs = manifests.map(of => {
    const read = loaded(t, configurationsOf(of).get('acme-tailrace') ?? '')
    return read.kind === 'valid' ? read.config : t.fail(JSON.stringify(read.problems))
  })
  const [old, now] = configs
  if (!old || !now) throw new Error('a render has no configuration')
  const [hash, newHash] = manifests.map(hashOf)
  const templates = manifests.map(of => ofKind(of, 'Deployment').map(({ spec }) => at(spec, 'template')))
  return {
    rolls: JSON.stringify(hash) !== JSON.stringify(newHash),
    isSamePod: JSON.stringify(templates[0]) === JSON.stringify(templates[1]),
    needsRestart: planReload(old, now).needsRestart
  }
}

const target = { http: { url: 'https://other.example/in' } }
const changes: readonly [what: string, yaml: string][] = [
  ['another broker', 'kafka: { brokers: ["other:9092"] }'],
  ['another port', 'listen: { http: 8081 }'],
  ['a port of its own for the admin listener', 'listen: { admin: 9091 }'],
  [
    'TLS to listen with',
    'listen: { tls: { cert: "${file:/etc/tailrace-secrets/tailrace/tls.crt}", key: "${file:/etc/tailrace-secrets/tailrace/tls.key}" } }'
  ],
  ['more memory', 'memory: { maxBytes: 536870912 }'],
  ['attributes', 'attributes: { topic: devices }'],
  [
    'a further channel',
    `channels: ${JSON.stringify({ ...Object(valuesOf('minimal')).config.channels, vans: {} })}`
  ],
  ['another target', `streams: ${JSON.stringify({ acme: { from: ['fleet'], target } })}`],
  ['another stream', `streams: ${JSON.stringify({ beta: { from: ['fleet'], target } })}`],
  ['no stream', 'streams: {}'],
  ['the lag of single partitions', 'metrics: { partitions: true }'],
  ['traces', 'tracing: { endpoint: "http://collector.example:4318/v1/traces" }'],
  ['a geofence', 'geofences: { harbour: { circle: { center: [24.7, 59.4], radiusM: 9 } } }']
]

for (const [what, yaml] of changes)
  test(`${what}: pods are rolled if and only if a process cannot take it while it runs`, async t => {
    const { rolls, isSamePod, needsRestart } = await change(t, parse(yaml))
    t.is(rolls, needsRestart.length > 0, needsRestart.join())
    t.is(isSamePod, needsRestart.length === 0)
  })

test('another certificate to listen with rolls nothing, another time to drain only makes room for it', async t => {
  const tls = (name: string) => {
    const file = (end: string) => `\${file:/etc/tailrace-secrets/tailrace/${name}-tls.${end}}`
    return { listen: { tls: { cert: file('crt'), key: file('key') } } }
  }
  const values = Object(valuesOf('minimal'))
  const renders = ['old', 'new'].map(name =>
    renderValues({ ...values, config: { ...values.config, ...tls(name) } })
  )
  const [old, now] = (await Promise.all(renders)).map(run => hashOf(manifestsOf(run)))
  t.deepEqual(old, now)
  t.like(await change(t, { drainTimeoutMs: 60_000 }), { rolls: false, isSamePod: false, needsRestart: [] })
})
