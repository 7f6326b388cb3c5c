// What looks like a secret by its name is refused where it would stand in a ConfigMap, and nothing else is.

import test from 'ava'
import { rendered } from './render.ts'

test('Helm takes headers that are no secret, and references and fields of the message in those that are', async t => {
  const literal = [
    ...[
      'X-Tenant',
      'X-Author',
      'X-Token-Type',
      'X-Partition-Key',
      'X-Routing-Key',
      'X-Country-Code',
      'X-Session-Affinity'
    ],
    ...['X-Signature-Version', 'X-Keyframe', 'Content-Key']
  ].map(name => `${name}: a`)
  const headers = `{ ${literal}, X-Event-Key: "{message.id}", X-Auth-Token: "a-{message.id}", Cookie: "a=\${env:A}" }`
  const url = 'https://acme.example/in?partitionKey=1&keyField=ident&token=${env:A}'
  const { status, stderr } = await rendered(
    `env: [{ name: A, value: a }]
config: { streams: { acme: { target: { http: { url: "${url}", headers: ${headers}, proxy: "http://me:\${env:A}@p:1" } } } } }`
  )
  t.is(status, 0, stderr)
})

for (const name of [
  'X-Functions-Key',
  'Ocp-Apim-Subscription-Key',
  'x-auth-token',
  'apiKey',
  'accessToken',
  'X-Hub-Signature'
])
  test(`Helm refuses what stands as it is in the header ${name}`, async t => {
    const { stderr } = await rendered(
      `config: { streams: { acme: { target: { http: { url: "https://acme.example", headers: { ${name}: abc } } } } } }`
    )
    t.true(stderr.includes(`headers.${name} is a secret by its name`), stderr)
  })

for (const [proxy, isRefused] of [
  ['http://me@p:1', false],
  ['http://me:${env:A}@p:1', false],
  ['http://${env:A}:${file:/etc/tailrace-secrets/a/b}@p:1', false],
  ['http://me:pa$s@p:1', true],
  ['http://${env:A}:plain@p:1', true]
] as const)
  test(`Helm ${isRefused ? 'refuses' : 'takes'} the address ${proxy}`, async t => {
    const { stderr } = await rendered(
      `env: [{ name: A, value: a }]
config: { streams: { acme: { target: { http: { url: "https://acme.example", proxy: "${proxy}" } } } } }`
    )
    t.is(stderr.includes('has a password in it'), isRefused, stderr)
  })
