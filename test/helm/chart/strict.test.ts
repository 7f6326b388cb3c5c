// The judge of manifests is judged first: it has to see what an API server would refuse.

import test from 'ava'
import { parse } from 'yaml'
import { problemsOf } from './strict.ts'

const deployment = (pod: string) =>
  parse(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: acme, annotations: { example.com/any: thing } }
spec:
  replicas: 2
  selector: { matchLabels: { a: b } }
  template:
    metadata: { labels: { a: b } }
    spec: { ${pod} }
`)

const scaled = (spec: string) =>
  parse(`{ apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: { name: acme }, spec: { ${spec} } }`)

test('a manifest that is right has no problems', t => {
  const container =
    'name: a, image: b, resources: { limits: { cpu: 1, memory: 1Gi } }, ports: [{ containerPort: 1 }]'
  t.deepEqual(problemsOf(deployment(`containers: [{ ${container} }], nodeSelector: { any: thing }`)), [])
  t.deepEqual(
    problemsOf(scaled('scaleTargetRef: { name: a }, triggers: [{ type: cpu, metadata: { value: "1" } }]')),
    []
  )
})

test('a field that nobody knows is told with its path, however deep it lies', t => {
  t.deepEqual(
    problemsOf(deployment('containers: [{ name: a, image: b, imagePullPolcy: Always }], restart: Never')),
    [
      'Deployment acme: unknown field /spec/template/spec/containers/0/imagePullPolcy',
      'Deployment acme: unknown field /spec/template/spec/restart'
    ]
  )
  t.deepEqual(
    problemsOf(
      scaled('scaleTargetRef: { name: a }, triggers: [{ type: cpu, metadata: {} }], minReplicas: 1')
    ),
    ['ScaledObject acme: unknown field /spec/minReplicas']
  )
})

test('a value of the wrong kind, one that is missing and a kind without schema are told', t => {
  const told = (manifest: Parameters<typeof problemsOf>[0]) => problemsOf(manifest).join()
  t.regex(told(deployment('containers: [{ image: b }]')), /containers\/0 must have required property name/)
  t.regex(
    told(deployment('containers: [{ name: a }], terminationGracePeriodSeconds: "30"')),
    /GracePeriodSeconds must be/
  )
  t.regex(told(scaled('triggers: []')), /scaleTargetRef/)
  t.regex(told({ apiVersion: 'v9', kind: 'Cloud', metadata: { name: 'a' } }), /no schema for v9/)
})
