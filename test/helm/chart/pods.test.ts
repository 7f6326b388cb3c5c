// What follows from the values for pods: how they stop, what memory they have, what they are called, how many there are when a
// pool begins to be scaled, where policies let them, and that the check of the configuration has what they have.

import { createServer } from 'node:http'
import test from 'ava'
import { chart, helm } from '../helm.ts'
import {
  at,
  image,
  listAt,
  type Manifest,
  manifestsOf,
  ofKind,
  podsOf,
  renderSet,
  renderValues,
  valuesOf,
  valuesPath
} from './render.ts'

/** A render of `minimal` with further values. */
async function minimalWith(more: object, ...args: string[]): Promise<Manifest[]> {
  return manifestsOf(await renderValues({ ...Object(valuesOf('minimal')), ...more }, args))
}

const firstPod = (manifests: readonly Manifest[]) => podsOf(manifests)[0]?.spec
const container = (manifests: readonly Manifest[]) => listAt(firstPod(manifests), 'containers')[0]

test('a pod that receives goes on for a while before it stops, and has time for both', async t => {
  const manifests = await minimalWith({})
  t.deepEqual(at(container(manifests), 'lifecycle', 'preStop'), { sleep: { seconds: 5 } })
  t.is(at(firstPod(manifests), 'terminationGracePeriodSeconds'), 20 + 30 + 5)
  const older = await minimalWith({}, '--kube-version', '1.29.3')
  t.deepEqual(at(container(older), 'lifecycle', 'preStop'), { exec: { command: ['sleep', '5'] } })
})

test('a pod that does not listen, or is told not to wait, stops at once', async t => {
  const silent = manifestsOf(await renderSet('mqtt-single'))
  for (const manifests of [silent, await minimalWith({ preStopSeconds: 0 })]) {
    t.is(at(container(manifests), 'lifecycle'), undefined)
    t.is(at(firstPod(manifests), 'terminationGracePeriodSeconds'), 20 + 30)
  }
})

const heapOf = (manifests: readonly Manifest[]) => at(listAt(container(manifests), 'env')[0], 'value')

for (const [memory, heap] of [
  [undefined, 336],
  ['1Gi', 648],
  ['1024Mi', 648],
  ['900M', 523],
  ['1G', 594],
  ['1073741824', 648],
  [1_073_741_824, 648],
  ['1.5Gi', 1032]
] as const)
  test(`with a limit of ${memory === undefined ? 'its own making' : JSON.stringify(memory)} the heap is what it leaves`, async t => {
    const manifests = await minimalWith(memory === undefined ? {} : { resources: { limits: { memory } } })
    t.is(heapOf(manifests), `--max-old-space-size=${heap}`)
    const said = String(memory ?? '608Mi')
    t.is(at(container(manifests), 'resources', 'limits', 'memory'), said)
    t.is(at(container(manifests), 'resources', 'requests', 'memory'), said)
  })

test('names are short enough for what Kubernetes makes of them, and each is its own', async t => {
  const manifests = manifestsOf(await renderSet('long-names'))
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  t.deepEqual(names, [...new Set(names)])
  t.deepEqual(
    ofKind(manifests, 'Deployment', 'StatefulSet')
      .map(({ kind }) => kind)
      .sort(),
    ['Deployment', 'Deployment', 'StatefulSet']
  )
  for (const { kind, metadata } of manifests) {
    t.true(metadata.name.length <= (kind === 'StatefulSet' ? 52 : 63), metadata.name)
    for (const label of Object.values(metadata.labels ?? {}))
      t.regex(label, /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/)
  }
  for (const { spec } of podsOf(manifests)) {
    const volumes = listAt(spec, 'volumes').map(volume => String(at(volume, 'name')))
    t.deepEqual(volumes, [...new Set(volumes)])
    for (const volume of volumes) t.regex(volume, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  }
})

test('the check of the configuration has the volumes, environment, labels and place of the pods', async t => {
  const manifests = manifestsOf(await renderSet('config-check'))
  const [job] = ofKind(manifests, 'Job')
  const spec = at(job?.spec, 'template', 'spec')
  const [check] = listAt(spec, 'containers')
  const paths = listAt(check, 'volumeMounts').map(mount => at(mount, 'mountPath'))
  t.deepEqual(paths, ['/etc/tailrace', '/etc/tailrace-authorities', '/etc/tailrace-beta'])
  t.deepEqual(
    listAt(spec, 'volumes').map(volume => at(volume, 'name')),
    ['config', 'authorities', 'beta']
  )
  t.deepEqual(at(check, 'envFrom'), [{ secretRef: { name: 'tailrace-env' } }])
  t.is(at(job?.spec, 'template', 'metadata', 'labels', 'azure.workload.identity/use'), 'true')
  t.is(at(spec, 'serviceAccountName'), 'forwarder')
  const pod = podsOf(ofKind(manifests, 'Deployment')).at(-1)?.spec
  for (const key of ['nodeSelector', 'tolerations', 'affinity', 'priorityClassName']) {
    t.truthy(at(spec, key), key)
    t.deepEqual(at(spec, key), at(pod, key), key)
  }
})

const served: Readonly<Record<string, readonly string[]>> = {
  v1: ['ConfigMap', 'ServiceAccount'],
  'apps/v1': ['Deployment'],
  'policy/v1': ['PodDisruptionBudget'],
  'autoscaling/v2': ['HorizontalPodAutoscaler']
}

/** What an API server says of the kinds that it knows. */
const discovery = Object.entries(served).map(([groupVersion, kinds]): [string, object] => [
  groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`,
  {
    kind: 'APIResourceList',
    groupVersion,
    resources: kinds.map(kind => ({
      ...{ name: `${kind.toLowerCase()}s`, singularName: kind.toLowerCase(), kind },
      ...{ namespaced: true, verbs: ['get'] }
    }))
  }
])

const groups = Object.keys(served)
  .filter(name => name !== 'v1')
  .map(groupVersion => {
    const [name = '', version = ''] = groupVersion.split('/')
    return { name, versions: [{ groupVersion, version }] }
  })

/** An API server as far as Helm asks it while it renders: it has one Deployment, of so many pods. */
async function clusterWith(replicas: number) {
  const answers: Record<string, object> = {
    ...Object.fromEntries(discovery),
    '/version': { major: '1', minor: '35', gitVersion: 'v1.35.0' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', groups },
    '/apis/apps/v1/namespaces/telemetry/deployments/acme-tailrace': {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'acme-tailrace' } },
      spec: { replicas }
    }
  }
  const server = createServer((request, response) => {
    const answer = answers[new URL(request.url ?? '/', 'http://localhost').pathname]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(answer ?? { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 })
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

test('a pool that begins to be scaled keeps the pods that it has', async t => {
  const { server, url } = await clusterWith(7)
  t.teardown(() => server.close())
  const args = ['template', 'acme', chart, '-n', 'telemetry', ...image, '--values', valuesPath('hpa')]
  const asked = await helm([
    ...args,
    '--dry-run=server',
    '--disable-openapi-validation',
    '--is-upgrade',
    '--kube-apiserver',
    url
  ])
  const replicas = (manifests: readonly Manifest[]) =>
    at(ofKind(manifests, 'Deployment')[0]?.spec, 'replicas')
  t.is(replicas(manifestsOf(asked)), 7)
  t.is(replicas(manifestsOf(await helm(args))), undefined)
})

test('a policy knows names of the cluster, whatever its domain is, and lets pods ask both ports of DNS', async t => {
  const config = { kafka: { brokers: ['kafka.infra.svc.corp.internal:9092'] }, channels: {}, streams: {} }
  const networkPolicy = { enabled: true, clusterDomain: 'corp.internal' }
  const [policy] = ofKind(manifestsOf(await renderValues({ config, networkPolicy })), 'NetworkPolicy')
  const [names, kafka] = listAt(policy?.spec, 'egress')
  t.deepEqual(
    listAt(names, 'ports').map(port => at(port, 'port')),
    [53, 53, 5353, 5353]
  )
  t.deepEqual(at(kafka, 'to'), [
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'infra' } } }
  ])
})
