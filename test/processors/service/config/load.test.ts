// Whole configurations: defaults, folders, references, everything at once, and secrets that stay secret.

import { fc, testProp } from '@fast-check/ava'
import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../../../processors/service/config/load.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { fixture, registry } from './fixture.ts'

const kafka = 'kafka: { brokers: ["localhost:9092"] }\n'

test('a short configuration gets every default, and cannot be changed', t => {
  const { load } = fixture(t, {
    'a.yaml': `${kafka}channels: { fleet: {} }\nstreams: { acme: { from: [fleet], target: { http: { url: "http://a" } } } }`
  })
  const loaded = load()
  if (loaded.kind === 'invalid') return t.fail()
  const { config } = loaded
  t.is(config.channels.fleet?.topic, 'fleet')
  t.is(config.channels.fleet?.partitions, 12)
  t.is(config.streams.acme?.group, 'tailrace.acme')
  t.deepEqual(config.streams.acme?.deadLetters, {
    topic: 'tailrace.acme.dead-letters',
    partitions: 1,
    retentionHours: 720
  })
  t.is(config.streams.acme?.start, 'latest')
  t.is(config.streams.acme?.retry.maxDelayMs, 30_000)
  t.like(config.streams.acme?.target, { http: { url: 'http://a', maxMessages: 100 } })
  t.deepEqual(config.listen, { host: '127.0.0.1', http: 8080, adminHost: '127.0.0.1', admin: 9090 })
  t.true(Object.isFrozen(config) && Object.isFrozen(config.streams.acme?.retry))
})

test('brokers may come as one list with commas, as an environment variable has them', t => {
  const loaded = fixture(t, { 'a.yaml': 'kafka: { brokers: ["${env:BROKERS}"] }' }).load({
    BROKERS: 'a:1, b:2,c.example:65535'
  })
  if (loaded.kind === 'invalid') return t.fail()
  t.deepEqual(loaded.config.kafka.brokers, ['a:1', 'b:2', 'c.example:65535'])
  t.is(loaded.mask.apply('a:1, b:2'), 'a:1, b:2', 'addresses of brokers are no secrets')
})

test('the files of a folder are merged by channel and stream', t => {
  const { load } = fixture(t, {
    'kafka.yaml': kafka,
    'one.yaml':
      'channels: { fleet: {} }\nstreams: { a: { from: [cars], target: { http: { url: "http://a" } } } }',
    'two.yml':
      'channels: { cars: {} }\nstreams: { b: { from: [fleet], target: { http: { url: "http://b" } } } }',
    '..data/copy.yaml': kafka,
    'notes.txt': 'not: yaml: at all'
  })
  const loaded = load()
  if (loaded.kind === 'invalid') return t.fail()
  t.deepEqual(Object.keys(loaded.config.channels).sort(), ['cars', 'fleet'])
  t.deepEqual(Object.keys(loaded.config.streams).sort(), ['a', 'b'])
})

test('what two files define is told with both places', t => {
  const { lines } = fixture(t, {
    'a.yaml': `${kafka}channels:\n  fleet: {}\n`,
    'b.yaml': `# the same again\n${kafka}channels:\n  cars: {}\n  fleet: {}\n`
  })
  t.deepEqual(lines(), [
    'b.yaml:2:1 kafka is defined already at a.yaml:1:1',
    'b.yaml:5:3 channels.fleet is defined already at a.yaml:3:3'
  ])
})

test('all mistakes of all files come at once, in their order', t => {
  const { lines } = fixture(t, {
    'a.yaml': 'kafka: { brokers: [], tsl: {} }\nlisten: { admin: "${env:NOPE}" }',
    'b.yaml': 'streams:\n  a: { from: [cars], start: never }\ndrainTimeoutMs: 0'
  })
  t.deepEqual(
    lines().map(line => line.split(' ', 2).join(' ')),
    [
      'a.yaml:1:19 kafka.brokers',
      'a.yaml:1:23 kafka.tsl',
      'a.yaml:2:18 listen.admin',
      'b.yaml:2:3 streams.a.target',
      'b.yaml:2:15 streams.a.from[0]',
      'b.yaml:2:29 streams.a.start',
      'b.yaml:3:17 drainTimeoutMs'
    ]
  )
})

test('references are resolved beside other text, from files beside the configuration, and can be escaped', t => {
  const { load } = fixture(t, {
    'conf/a.yaml': `${kafka}channels: { f: {} }
streams:
  a:
    from: [f]
    target: { http: { url: "https://a/\${env:PART}", bearer: "\${file:../token}", headers: { x: "$\${env:PART}" } } }`,
    token: 'from-a-file\n'
  })
  const loaded = load({ PART: 'x-y-z-part' }, 'conf')
  if (loaded.kind === 'invalid') return t.fail()
  t.like(loaded.config.streams.a?.target, {
    http: { url: 'https://a/x-y-z-part', bearer: 'from-a-file', headers: { x: '${env:PART}' } }
  })
  t.is(loaded.mask.apply('/x-y-z-part from-a-file ${env:PART}'), '/*** *** ***')
})

/** Texts that a receiver may answer with, as they are shown where this stream is configured. */
function masked(
  t: ExecutionContext,
  { http, env }: { http: object; env: Record<string, string> },
  texts: readonly string[]
) {
  const streams = { a: { from: ['f'], target: { http } } }
  const loaded = fixture(t, {
    'a.yaml': `${kafka}channels: { f: {} }\nstreams: ${JSON.stringify(streams)}`
  }).load(env)
  if (loaded.kind === 'invalid') throw new Error('the configuration is not valid')
  return texts.map(text => loaded.mask.apply(text))
}

test('what a reference stands for is masked wherever it stood: in a path, behind a prefix, in a query', t => {
  const env = { HOOK: 'TOPSECRETHOOK', B64: 'dXNlcjpwYXNz', AUTH: 'Token abc-def-ghi' }
  const http = {
    url: 'http://h/hook/${env:HOOK}/in',
    headers: { authorization: 'Basic ${env:B64}', 'x-key': 'Key ${env:HOOK}', 'x-auth': '${env:AUTH}' }
  }
  const texts = ['Cannot POST /hook/TOPSECRETHOOK/in', 'no user dXNlcjpwYXNz', 'abc-def-ghi is unknown']
  t.deepEqual(masked(t, { http, env }, texts), ['Cannot POST /hook/***/in', 'no user ***', '*** is unknown'])
})

test('an address that is a secret as a whole is masked in its parts too', t => {
  const env = { URL: 'https://hooks.example/services/T00AB/B11-secret?key=query-secret' }
  const texts = ['Cannot POST /services/T00AB/B11-secret', 'unknown key query-secret']
  t.deepEqual(masked(t, { http: { url: '${env:URL}' }, env }, texts), [
    'Cannot POST /***/T00AB/***',
    'unknown key ***'
  ])
})

test('a secret is masked however short it is; a short header is no secret unless it is a reference', t => {
  const http = { url: 'http://h', bearer: 'pw', headers: { 'x-version': '1', 'x-key': '${env:PIN}' } }
  t.deepEqual(masked(t, { http, env: { PIN: '77' } }, ['pw, 1 and 77']), ['***, 1 and ***'])
})

test('loading fails with one line for each mistake, or with what could not be read', t => {
  const { folder } = fixture(t, { 'a.yaml': 'kafka: 1\nstreams: 2', 'empty/notes.txt': '' })
  const invalid = t.throws(() => loadConfig(`${folder}/a.yaml`, { registry, env: {} }), {
    instanceOf: FaultError
  })
  t.is(invalid?.code, 'config_invalid')
  t.is(invalid?.message.split('\n').length, 3)
  for (const path of ['nowhere', 'empty']) {
    const unreadable = t.throws(() => loadConfig(`${folder}/${path}`, { registry, env: {} }), {
      instanceOf: FaultError
    })
    t.is(unreadable?.code, 'config_unreadable')
  }
})

test('aliases repeat a part, but not without end', t => {
  const shared = 'kafka: { brokers: &b ["localhost:9092"] }\nchannels: { f: &f {}, g: *f }\n'
  t.deepEqual(fixture(t, { 'a.yaml': shared }).lines(), [])
  const endless = fixture(t, { 'a.yaml': 'kafka: &k { brokers: *k }' }).lines()
  t.true(endless.some(line => line.endsWith('is one alias (*name) too many: at most 100')))
})

/** Places where a secret may stand by right or by mistake; S is the secret, in the text or in the environment. */
const holders = [
  'kafka: { brokers: ["a:1"], sasl: { mechanism: plain, username: 5, password: "S" } }',
  'kafka: { brokers: ["a:1"], sasl: { mechanism: plain, username: me, password: ["S"] } }',
  'kafka: { brokers: ["a:1"], sasl: "S" }',
  'kafka: { brokers: ["a:1"], tls: { key: { pem: "S" } } }',
  'kafka: { brokers: ["a:1"]\n  password: "S"',
  'kafka:\n  sasl:\n   password: "S\n',
  'kafka: { brokers: ["a:1"] }\nchannels: { f: { sources: [{ http: { tokens: "S" } }] } }',
  'kafka: { brokers: ["a:1"] }\nchannels: { f: { sources: [{ http: "S" }, "S", { htp: "S" }] } }',
  'kafka: { brokers: ["a:1"] }\nstreams: { a: { from: [f], target: { http: { url: "ftp://u:S@x" } } } }',
  'kafka: { brokers: ["a:1"] }\nstreams: { a: { target: { http: { url: u, bearer: "${S}", headers: { a: { b: "S" } } } } } }',
  'kafka: { brokers: ["a:1"] }\nstreams: { a: { target: { http: { berer: "S", headers: "S" } } } }',
  'kafka: { brokers: ["${env:SECRET}"], clientId: 5 }\nlisten: { admin: "${env:SECRET}", host: ["${env:SECRET}"] }',
  'kafka: { brokers: ["a:1"] }\nstreams: { a: { start: "${env:SECRET}", from: ["x-${env:SECRET}"], target: { http: { url: "${env:SECRET}" } } } }',
  'kafka: { brokers: ["a:1"] }\nchannels: { f: { topic: "t/${env:SECRET}" }, g: { topic: "t/${env:SECRET}" } }',
  'kafka: { brokers: ["a:1"] }\nstreams: { a: { group: 5, target: { http: { url: "http://a b/${env:SECRET}" } } } }'
]

testProp(
  'no secret is in any error, wherever it stands',
  [fc.constantFrom(...holders), fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9:/ #@%-]{6,30}[a-zA-Z0-9]$/)],
  (t, holder, secret) => {
    const lines = fixture(t, { 'a.yaml': holder.replaceAll('S"', `${secret}"`) }).lines({ SECRET: secret })
    t.true(lines.length > 0)
    t.false(lines.join('\n').includes(secret), lines.join('\n'))
  },
  { numRuns: 300 }
)

test('listeners may share a port where each has an address of its own, or only one is opened', t => {
  const listen = (text: string, sources: string) =>
    fixture(t, { 'a.yaml': `${kafka}channels: { f: { sources: [${sources}] } }\nlisten: ${text}` }).lines()
  t.deepEqual(listen('{ http: 9090, host: 127.0.0.2 }', '{ http: {} }'), [])
  t.deepEqual(listen('{ http: 0, admin: 0 }', '{ http: {} }'), [])
  t.deepEqual(listen('{ admin: 8080 }', ''), [])
})

test('what every PEM text begins with is no secret, as our own sentences show it; its other lines are', t => {
  const key =
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n'
  const sentence = 'must be the PEM text of a PRIVATE key ("-----BEGIN ..."), got something else'
  t.deepEqual(masked(t, { http: { url: 'https://a.example', bearer: key }, env: {} }, [sentence, key]), [
    sentence,
    '***'
  ])
  const env = { KEY: key }
  const http = { url: 'https://a.example', bearer: '${env:KEY}' }
  t.deepEqual(masked(t, { http, env }, [sentence, 'at 9w0BAQEFAASCBKcwggSj']), [sentence, 'at ***'])
})
