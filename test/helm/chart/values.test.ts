// Every set of values: Helm's linter takes it, each manifest is one that an API server would take, the render is the one that
// was looked at, and Tailrace takes the configuration of each pool.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { rules } from '../../../schemas/render/rules.ts'
import { chart, helm } from '../helm.ts'
import { read } from '../promql.ts'
import { chartCopy, goldenOf } from './goldens.ts'
import { mistakesIn } from './product.ts'
import {
  at,
  configurationsOf,
  goldenPath,
  image,
  listAt,
  manifestsOf,
  ofKind,
  podsOf,
  renderSet,
  renderValues,
  valueSets,
  valuesOf,
  valuesPath
} from './render.ts'
import { problemsOf } from './strict.ts'

const copy = chartCopy()
test.after.always(() => copy.remove())

const renders = new Map(valueSets.map(set => [set, goldenOf(set, copy)]))
for (const render of renders.values()) render.catch(() => {}) // The test of the set tells it.

async function manifestsIn(set: string) {
  const stdout = (await renders.get(set)) ?? ''
  return manifestsOf({ status: 0, stdout, stderr: '' })
}

for (const set of valueSets) {
  test(`${set}: the linter takes the values, and an API server every manifest`, async t => {
    const { status, stdout, stderr } = await helm([
      'lint',
      '--strict',
      copy.path,
      ...image,
      '--values',
      valuesPath(set)
    ])
    t.is(status, 0, stdout + stderr)
    const manifests = await manifestsIn(set)
    t.true(manifests.length > 2)
    t.deepEqual(manifests.flatMap(problemsOf), [])
  })

  test(`${set}: the render is the one that was looked at (else: npm run golden)`, async t => {
    t.is(await renders.get(set), readFileSync(goldenPath(set), 'utf8'))
  })

  test(`${set}: Tailrace takes the configuration of each pool`, async t => {
    const configurations = configurationsOf(await manifestsIn(set))
    t.true(configurations.size > 0)
    for (const [name, text] of configurations) t.deepEqual(await mistakesIn(t, text), [], name)
  })
}

test('the chart with its own rules and dashboards is one that an API server would take', async t => {
  t.deepEqual(manifestsOf(await renderSet('monitoring')).flatMap(problemsOf), [])
})

test('the values that README.md shows are taken, together and without its pools', async t => {
  const page = readFileSync(join(chart, 'README.md'), 'utf8')
  const blocks = Array.from(page.matchAll(/^```yaml\n(.*?)^```/gms), ([, text = '']) => text)
  const [first = '', pools = ''] = [blocks[0], blocks.find(text => text.startsWith('pools:'))]
  for (const values of [first, `${first}\n${pools}`]) {
    const { status, stderr } = await helm(['template', 'tailrace', chart, ...image, '--values', '-'], values)
    t.is(status, 0, stderr)
  }
  t.true(pools.length > 0)
})

test('every pod satisfies the Pod Security Standard "restricted", and has no token of the API server', async t => {
  for (const set of valueSets)
    for (const { name, spec } of podsOf(await manifestsIn(set))) {
      const about = `${name} of ${set}`
      t.is(at(spec, 'automountServiceAccountToken'), false, about)
      t.is(at(spec, 'securityContext', 'seccompProfile', 'type'), 'RuntimeDefault', about)
      t.is(at(spec, 'securityContext', 'runAsNonRoot'), true, about)
      for (const host of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers'])
        t.is(at(spec, host), undefined, about)
      for (const container of listAt(spec, 'containers')) {
        const context = at(container, 'securityContext')
        t.is(at(context, 'allowPrivilegeEscalation'), false, about)
        t.is(at(context, 'readOnlyRootFilesystem'), true, about)
        t.deepEqual(at(context, 'capabilities'), { drop: ['ALL'] }, about)
        t.is(at(container, 'terminationMessagePolicy'), 'FallbackToLogsOnError', about)
        for (const mount of listAt(container, 'volumeMounts')) t.is(at(mount, 'subPath'), undefined, about)
        for (const port of listAt(container, 'ports')) t.is(at(port, 'hostPort'), undefined, about)
      }
      for (const volume of listAt(spec, 'volumes')) t.is(at(volume, 'hostPath'), undefined, about)
    }
})

test('a pod has more time to stop than its configuration may take to drain', async t => {
  for (const set of valueSets) {
    const manifests = await manifestsIn(set)
    const configurations = configurationsOf(manifests)
    for (const { metadata, spec } of ofKind(manifests, 'Deployment', 'StatefulSet')) {
      const text = configurations.get(metadata.name) ?? ''
      const drainMs = Number(/^drainTimeoutMs: (\d+)$/m.exec(text)?.[1] ?? 20_000)
      const seconds = at(spec, 'template', 'spec', 'terminationGracePeriodSeconds')
      t.true(typeof seconds === 'number' && seconds * 1_000 >= drainMs + 10_000, `${metadata.name} of ${set}`)
    }
  }
})

test('no manifest is a Secret, and only what refers to one stands where a secret is expected', async t => {
  const secret =
    /^\s*(?:- )?(?:password|bearer|key|clientSecret|connectionString|username): (?!\$\{|")(.+)$/gm
  for (const set of valueSets) {
    const manifests = await manifestsIn(set)
    t.deepEqual(ofKind(manifests, 'Secret'), [], set)
    for (const text of configurationsOf(manifests).values()) {
      const found = Array.from(text.matchAll(secret), ([, value = '']) => value)
      t.deepEqual(
        found.filter(value => value !== 'tailrace'),
        [],
        set
      )
    }
  }
})

/** A render of `minimal` with further values. */
async function minimalWith(more: object): Promise<ReturnType<typeof manifestsOf>> {
  return manifestsOf(await renderValues({ ...Object(valuesOf('minimal')), ...more }))
}

test('where only a limit of memory is said, or only a request, the other is the same', async t => {
  for (const said of ['limits', 'requests']) {
    const manifests = await minimalWith({ resources: { [said]: { memory: '900Mi' } } })
    const resources = at(podsOf(manifests)[0]?.spec, 'containers', 0, 'resources')
    t.is(at(resources, 'limits', 'memory'), '900Mi', said)
    t.is(at(resources, 'requests', 'memory'), '900Mi', said)
  }
})

test('while Prometheus is away KEDA leaves the pods as they are, unless a number is said', async t => {
  const fallbackOf = async (keda: object) => {
    const manifests = await minimalWith({
      autoscaling: {
        kind: 'keda',
        keda: { prometheus: { serverAddress: 'http://prometheus:9090' }, ...keda }
      }
    })
    return at(ofKind(manifests, 'ScaledObject')[0]?.spec, 'fallback')
  }
  t.is(await fallbackOf({}), undefined)
  t.deepEqual(await fallbackOf({ fallback: { replicas: 3 } }), { failureThreshold: 4, replicas: 3 })
})

test('rules look at the namespace of their release alone, unless another selector is said', async t => {
  const rulesOf = async (rules: object) => {
    const manifests = await minimalWith({ monitoring: { rules: { enabled: true, ...rules } } })
    const groups = listAt(ofKind(manifests, 'PrometheusRule')[0]?.spec, 'groups')
    return groups.flatMap(group => listAt(group, 'rules'))
  }
  const own = await rulesOf({})
  t.true(own.length > 20)
  for (const rule of own)
    for (const { name, matchers } of read(String(at(rule, 'expr'))).selectors)
      t.deepEqual(matchers[0], { label: 'namespace', value: 'telemetry' }, `${at(rule, 'alert')}: ${name}`)
  for (const rule of own) t.deepEqual(read(String(at(rule, 'expr'))).broken, [])
  const odd = await rulesOf({ selector: 'namespace="up-prod",job=~"tailrace_x-y|up$"' })
  for (const rule of odd) {
    const { broken, selectors } = read(String(at(rule, 'expr')))
    t.deepEqual(broken, [])
    for (const { matchers } of selectors) t.deepEqual(matchers[0], { label: 'namespace', value: 'up-prod' })
  }
  const all = await rulesOf({ selector: '' })
  t.deepEqual(
    all.map(rule => at(rule, 'expr')),
    rules().groups.flatMap(group => group.rules.map(({ expr }) => expr))
  )
})

test('alerts have the severities, labels and addresses that were asked for', async t => {
  const asked = {
    enabled: true,
    severities: { page: 'critical', ticket: 'warning' },
    additionalLabels: { team: 'fleet' },
    runbookBaseUrl: 'https://git.example/tailrace/'
  }
  const manifests = await minimalWith({ monitoring: { rules: asked } })
  const all = listAt(ofKind(manifests, 'PrometheusRule')[0]?.spec, 'groups').flatMap(group =>
    listAt(group, 'rules')
  )
  const halted = all.find(rule => at(rule, 'alert') === 'TailraceStreamHalted')
  t.deepEqual(at(halted, 'labels'), { severity: 'critical', team: 'fleet' })
  t.is(
    at(halted, 'annotations', 'runbook_url'),
    'https://git.example/tailrace/helm/runbooks/alerts.md#tailracestreamhalted'
  )
  t.is(at(halted, 'annotations', 'runbook'), undefined)
  t.deepEqual(
    at(
      all.find(rule => at(rule, 'alert') === 'TailraceNotReady'),
      'labels'
    ),
    {
      severity: 'warning',
      team: 'fleet'
    }
  )
})

test('names that YAML takes for something else stay names', async t => {
  const manifests = await minimalWith({ pools: { on: { streams: ['acme'] } } })
  const pool = ofKind(manifests, 'Deployment').map(({ metadata }) => at(metadata, 'labels', 'tailrace/pool'))
  t.true(pool.includes('on'), JSON.stringify(pool))
})
