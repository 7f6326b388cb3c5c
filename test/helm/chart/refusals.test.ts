// What must not be installed is refused, with a sentence that names the key: what Tailrace refuses of a configuration, and what
// the chart itself cannot make pods of.

import test from 'ava'
import { mistakes } from '../../processors/service/config/mistakes.ts'
import { chart, helm } from '../helm.ts'
import { image, rendered, valuesPath } from './render.ts'

/**
 * What Helm lets pass. Only Tailrace parses certificates and compiles expressions: the pod ends with exit code 2, and says why. Of a
 * key that is written twice Helm takes the second, before a chart sees anything.
 */
const passing: readonly string[] = ['an authority that is no PEM', 'a duplicate key']

/** What is told in place of the key. */
const toldAs: Readonly<Record<string, string>> = {
  'a certificate to listen with that is none': '/config/listen/tls',
  'a variable that is not set': 'env must have ACME_URL',
  'a file that does not exist': 'must mount token.txt',
  'an alias of nothing': "unknown anchor 'hosts'",
  'a list at the top': "'/config': got array",
  'an empty file': "missing property 'config'"
}

const token = '"${file:/etc/tailrace-secrets/tailrace/token}"'

/** As in a pod, where sources need senders that are known, and with kinds of source that there are. */
function asValues(configuration: string): string {
  const guarded = configuration.includes('host: 0.0.0.0')
    ? configuration
    : configuration.replaceAll('http: {}', `http: { tokens: [${token}] }`)
  const known = guarded
    .replaceAll('tokens: [a]', `tokens: [${token}]`)
    .replaceAll('bus: {}', 'wialonIps: { insecure: true }')
  const indented = known.split('\n').map(line => `  ${line}`)
  return ['secrets: [{ secretName: tailrace }]', 'config:', ...indented, ''].join('\n')
}

/** The last key of the path that a sentence begins with; where the text is no YAML, what Helm says of that. */
function keyIn(line: string): string {
  const path =
    /^\d+:\d+ ((?!has |is |ends |cannot |misses |begins )[a-z]\w*(?:\.[\w-]+|\[\d+\]|\["[^"]*"\])*) /.exec(
      line
    )
  return path?.[1]?.split(/[.[\]"]+/).findLast(part => /[a-z]/i.test(part)) ?? 'yaml: line'
}

for (const [mistake, text, line] of mistakes.filter(([name]) => !passing.includes(name)))
  test(`Helm refuses ${mistake}, as Tailrace does`, async t => {
    const { status, stderr } = await helm(
      ['template', 'acme', chart, ...image, '--values', '-'],
      asValues(text)
    )
    t.not(status, 0)
    t.true(stderr.includes(toldAs[mistake] ?? keyIn(line)), stderr)
    t.false(stderr.includes('error calling include'), stderr)
  })

const [stream, channel] = ['config.streams.acme', 'config.channels.fleet']
const mqtt = 'mqtt: { url: "mqtt://b", topics: [t], clientId: me }'
const scaled = '{ kind: keda, keda: { prometheus: { serverAddress: "http://p" } } }'

const wrong: readonly [what: string, values: string, told: string][] = [
  ['a key of nothing known', 'replicaCount: 3', "'replicaCount' not allowed"],
  [
    'an unknown key of a pool',
    'pools: { heavy: { stream: [acme] } }',
    "at '/pools/heavy': additional properties 'stream'"
  ],
  [
    'a pool with an unknown stream',
    'pools: { heavy: { streams: [acne] } }',
    'pools.heavy.streams names "acne"'
  ],
  [
    'a stream in two pools',
    'pools: { a: { streams: [acme] }, b: { streams: [acme] } }',
    'pools.b.streams names "acme", as pools.a.streams does'
  ],
  [
    'sources in two pools',
    'pools: { a: { sources: true }, b: { sources: true } }',
    'pools.b.sources is true, as pools.a.sources is'
  ],
  ['a name of a pool that is none', 'pools: { Heavy: {} }', "'Heavy' not allowed"],
  [
    'more pods than partitions',
    'pools: { a: { sources: true } }\nreplicas: 13',
    'replicas is 13, and the channels of the pool "default" have 12'
  ],
  [
    'more pods than partitions in a pool',
    'pools: { a: { streams: [acme], replicas: 20 } }',
    'pools.a.replicas is 20'
  ],
  [
    'scaling above the partitions',
    `pools: { a: { streams: [acme], autoscaling: { kind: hpa, maxReplicas: 24 } } }`,
    'pools.a.autoscaling.maxReplicas is 24'
  ],
  [
    'scaling from above to below',
    'autoscaling: { kind: hpa, minReplicas: 6, maxReplicas: 3 }',
    'autoscaling.minReplicas is 6'
  ],
  ['an unknown kind of scaling', 'autoscaling: { kind: vpa }', "'/autoscaling/kind': value must be one of"],
  [
    'scaling by a share of nothing',
    'autoscaling: { kind: hpa }\nresources: { requests: { cpu: null } }',
    'resources.requests.cpu is needed'
  ],
  [
    'CPU scaling without a target',
    'autoscaling: { kind: hpa, targetCPUPercent: null }',
    'autoscaling.targetCPUPercent is needed'
  ],
  [
    'KEDA without a Prometheus',
    'autoscaling: { kind: keda }',
    'autoscaling.keda.prometheus.serverAddress is needed'
  ],
  [
    'a threshold that is a number',
    'autoscaling: { keda: { lag: { threshold: 5 } } }',
    '/autoscaling/keda/lag/threshold'
  ],
  [
    'lag at brokers behind a reference',
    'autoscaling: { kind: keda, keda: { trigger: lag } }\nenv: [{ name: B, value: b }]\nconfig: { kafka: { brokers: ["${env:B}"] } }',
    'keda.lag.bootstrapServers is needed'
  ],
  [
    'an unknown channel',
    'config: { streams: { acme: { from: [flet] } } }',
    `${stream}.from[0] must be the name of a channel, got "flet"`
  ],
  [
    'a device that is not named',
    'config: { streams: { acme: { from: ["fleet/"] } } }',
    `${stream}.from[0] must have the ident`
  ],
  [
    'a secret that is written out',
    'config: { streams: { acme: { target: { http: { bearer: abc } } } } }',
    "'/config/streams/acme/target/http/bearer'"
  ],
  [
    'a header that is a secret by its name',
    'config: { streams: { acme: { target: { http: { headers: { Accept: a/b, X-Api-Key: abc } } } } } }',
    `${stream}.target.http.headers.X-Api-Key is a secret by its name`
  ],
  [
    'a parameter that is a secret by its name',
    'config: { streams: { acme: { target: { http: { query: { code: abc } } } } } }',
    `${stream}.target.http.query.code is a secret by its name`
  ],
  [
    'a header of traces that is a secret by its name',
    'config: { tracing: { endpoint: "http://c:4318/v1/traces", headers: { Authorization: Bearer abc } } }',
    'config.tracing.headers.Authorization is a secret by its name'
  ],
  [
    'a secret in an address',
    'config: { streams: { acme: { target: { http: { url: "https://a.example/in?x=1&api_key=abc" } } } } }',
    `${stream}.target.http.url has the secret api_key in it`
  ],
  [
    'the password of a proxy',
    'config: { streams: { acme: { target: { http: { proxy: "http://me:abc@proxy:3128" } } } } }',
    `${stream}.target.http.proxy has a password in it`
  ],
  [
    'a secret in the address of a broker',
    'config: { channels: { fleet: { sources: [{ mqtt: { url: "wss://b/mqtt?token=abc", topics: [t], clientId: me } }] } } }',
    `${channel}.sources[0].mqtt.url has the secret token in it`
  ],
  [
    'an expression without attributes',
    'config: { streams: { acme: { where: axles > 2 } } }',
    `${stream}.where needs the section config.attributes`
  ],
  [
    'patterns whose order counts',
    'config: { streams: { acme: { steps: [{ rename: { fields: { "a.*": "b.*", "a.b.*": "c.*" } } }] } } }',
    `${stream}.steps[0].rename.fields has the patterns`
  ],
  [
    'a target that is what is read',
    'config: { streams: { beta: { from: [fleet], target: { kafka: { brokers: ["kafka-bootstrap.kafka.svc:9092"], topic: "fle{x}" } } } } }',
    'config.streams.beta.target.kafka.topic is or can become fleet'
  ],
  [
    'a variable that no pod has',
    'config: { kafka: { brokers: ["${env:BROKERS}"] } }',
    'env must have BROKERS'
  ],
  ['a Secret that is not mounted', 'secrets: []', 'must mount /etc/tailrace-secrets/tailrace/acme-token'],
  [
    'two Secrets in one folder',
    'secrets: [{ secretName: tailrace }, { secretName: b, name: tailrace }]',
    'secrets[1].name is tailrace'
  ],
  ['a Secret without a name', 'secrets: [{ name: a }]', "'/secrets/0': missing property 'secretName'"],
  ['a port that nobody knows', 'config: { listen: { admin: 0 } }', 'config.listen.admin must not be 0'],
  [
    'probes that reach nothing',
    'config: { listen: { adminHost: 127.0.0.1 } }',
    'config.listen.adminHost must be an address'
  ],
  [
    'senders that reach nothing',
    'config: { listen: { host: localhost } }',
    'config.listen.host must be an address'
  ],
  [
    'an open Wialon source',
    'config: { channels: { vans: { sources: [{ wialon: {} }] } } }',
    'config.channels.vans.sources[0].wialon must have senders'
  ],
  [
    'two sources on one port',
    'config: { channels: { vans: { sources: [{ wialonIps: { insecure: true } }, { wialonIps: { insecure: true } }] } } }',
    'sources[1].wialonIps.port must be another'
  ],
  [
    'MQTT pods with one name',
    `replicas: 2\nconfig: { channels: { fleet: { sources: [{ ${mqtt} }] } } }`,
    `${channel}.sources[0].mqtt.clientId must hold \${env:HOSTNAME}`
  ],
  [
    'MQTT pods that each get everything',
    `replicas: 2\nconfig: { channels: { fleet: { sources: [{ ${mqtt} }] } } }`,
    `${channel}.sources[0].mqtt.shareGroup is needed`
  ],
  [
    'MQTT pods that come and go',
    `autoscaling: ${scaled}\nconfig: { channels: { fleet: { sources: [{ ${mqtt} }] } } }`,
    'autoscaling.kind must be none'
  ],
  [
    'two MQTT sources of one session',
    `config: { channels: { fleet: { sources: [{ ${mqtt} }, { ${mqtt} }] } } }`,
    `${channel}.sources[1].mqtt.clientId is that of`
  ],
  [
    'a policy for an address that is hidden',
    'networkPolicy: { enabled: true }\nenv: [{ name: U, value: u }]\nconfig: { streams: { acme: { target: { http: { url: "${env:U}" } } } } }',
    'networkPolicy.addresses.streams.acme is needed'
  ],
  [
    'an address of no stream',
    'networkPolicy: { addresses: { streams: { acne: ["a:1"] } } }',
    'networkPolicy.addresses.streams.acne is no stream'
  ],
  [
    'an address without a port',
    'networkPolicy: { addresses: { kafka: [kafka] } }',
    "'/networkPolicy/addresses/kafka/0'"
  ],
  [
    'a proof with certificates of senders',
    'proof: { enabled: true }\nconfig: { listen: { tls: { cert: a, key: "${env:K}", clientCa: a } } }\nenv: [{ name: K, value: k }]',
    'proof.enabled cannot be true with config.listen.tls.clientCa'
  ],
  [
    'a stream with the name of the proof',
    'proof: { enabled: true }\nconfig: { channels: { tailrace-proof: {} } }',
    'config.channels.tailrace-proof is a name of the chart'
  ],
  [
    'a header that is not to be set',
    'config: { streams: { acme: { target: { http: { headers: { Connection: close } } } } } }',
    "invalid propertyName 'Connection'"
  ],
  [
    'a subscription that is shared in the wrong place',
    'config: { channels: { fleet: { sources: [{ mqtt: { url: "mqtt://b", topics: ["$share/a/b"], clientId: me } }] } } }',
    "'/config/channels/fleet/sources/0/mqtt/topics/0'"
  ],
  [
    'a pool with the name of an object of the chart',
    'pools: { check: { streams: [acme] } }',
    'pools.check is a name that the chart needs'
  ],
  [
    'a Wialon source on the port of HTTP',
    'config: { channels: { vans: { sources: [{ wialonIps: { insecure: true, port: 8080 } }] } } }',
    'config.channels.vans.sources[0].wialonIps.port must be another port than config.listen.http'
  ],
  [
    'a Wialon source on the admin port',
    'config: { channels: { vans: { sources: [{ wialonIps: { insecure: true, port: 9090 } }] } } }',
    'config.channels.vans.sources[0].wialonIps.port must be another port than config.listen.admin'
  ],
  [
    'a Service with one port twice',
    'service: { httpPort: 20332 }\nconfig: { channels: { vans: { sources: [{ wialonIps: { insecure: true } }] } } }',
    'service.httpPort must be another port than config.channels.vans.sources[0].wialonIps.port'
  ],
  [
    'less memory than the budget needs',
    'resources: { limits: { memory: 450Mi } }',
    'resources.limits.memory is 450Mi, and the pool "default" needs 608Mi'
  ],
  [
    'less memory than the budget of a pool needs',
    'pools: { a: { streams: [acme], memory: { maxBytes: 1073741824 }, resources: { requests: { memory: 1G } } } }',
    'pools.a.resources.requests.memory is 1G, and the pool "a" needs 1376Mi'
  ],
  [
    'memory that is no quantity',
    'resources: { limits: { memory: 1 GB } }',
    'resources.limits.memory is "1 GB", which is no quantity'
  ],
  [
    'lag at brokers that ask who connects',
    `autoscaling: { kind: keda, keda: { trigger: lag } }\nconfig: { kafka: { sasl: { mechanism: plain, username: a, password: ${token} } } }`,
    'autoscaling.keda.authenticationRef is needed with trigger: lag, since config.kafka has sasl'
  ],
  [
    'lag of a group behind a reference',
    'autoscaling: { kind: keda, keda: { trigger: lag } }\nenv: [{ name: G, value: g }]\nconfig: { streams: { acme: { group: "${env:G}" } } }',
    `${stream}.group cannot hold a reference with trigger: lag`
  ],
  [
    'lag of a channel that there is not',
    'autoscaling: { kind: keda, keda: { trigger: lag } }\nconfig: { streams: { acme: { from: [flet] } } }',
    'flet'
  ],
  [
    'a check of pools with different volumes of one name',
    `configCheck: { enabled: true }
pools:
  a: { streams: [acme], extraVolumes: [{ name: certs, secret: { secretName: one } }] }
  default: { extraVolumes: [{ name: certs, secret: { secretName: two } }] }`,
    'extraVolumes has another certs than a pool before it'
  ],
  ['a digest that is none', 'image: { digest: latest }', "'/image/digest'"],
  ['no configuration', 'config: null', "missing property 'config'"]
]

for (const [what, values, told] of wrong)
  test(`Helm refuses ${what}`, async t => {
    const { status, stderr } = await rendered(values)
    t.not(status, 0)
    t.true(stderr.includes(told), stderr)
  })

test('Helm refuses to install without an image, and says how to have one', async t => {
  const { status, stderr } = await helm(['template', 'acme', chart, '--values', valuesPath('minimal')])
  t.not(status, 0)
  t.true(stderr.includes('image.repository is needed: no image is published'), stderr)
})

test('all that is wrong is told at once', async t => {
  const { stderr } = await rendered(
    'pools: { heavy: { streams: [acne], replicas: 50 } }\nconfig: { listen: { admin: 8080 } }\nsecrets: []'
  )
  for (const part of ['"acne"', 'config.listen.admin', 'acme-token', 'fleet-token'])
    t.true(stderr.includes(part), part)
})
