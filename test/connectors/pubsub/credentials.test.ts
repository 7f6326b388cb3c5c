// Who the target is for Google: a service account key, whose tokens are made here and renewed, or the default credentials of
// a machine, whose metadata server is played here. Nobody else asks that one.

import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { PublishReply } from '../../../connectors/pubsub/double.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { makeCertificates } from '../../certificates.ts'
import { until } from '../../flows/harness/until.ts'
import { doubleWith, kindsOf, messagesNamed, outcomesOf, targetWith } from './harness.ts'
import { keyFile, keys } from './under-test.ts'

const certificates = makeCertificates()
const known = { tls: certificates, keys: { k1: keys.publicKey } }
const tls = { ca: certificates.ca }
const open = () => new AbortController().signal

/** The metadata server of a machine; this process is told to believe that it is on one. */
async function metadataServer(t: ExecutionContext, status = 200): Promise<{ readonly asked: string[] }> {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    response.setHeader('metadata-flavor', 'Google')
    if (!request.url?.includes('/token')) return response.end('ok')
    response.writeHead(status, { 'content-type': 'application/json' })
    return response.end('{"access_token":"ya29.of-the-machine","expires_in":3600,"token_type":"Bearer"}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const home = mkdtempSync(join(tmpdir(), 'tailrace-home-'))
  const before = { ...process.env }
  delete process.env.METADATA_SERVER_DETECTION
  delete process.env.GOOGLE_APPLICATION_CREDENTIALS
  Object.assign(process.env, { HOME: home, GCE_METADATA_HOST: `127.0.0.1:${port}` })
  t.teardown(() => {
    delete process.env.GCE_METADATA_HOST
    Object.assign(process.env, before)
    rmSync(home, { recursive: true })
    server.closeAllConnections()
    server.close()
  })
  return { asked }
}

test.serial('the default credentials of a machine are those of its metadata server', async t => {
  const { asked } = await metadataServer(t)
  const double = await doubleWith(t, { tls: certificates })
  const target = await targetWith(t, { endpoint: `localhost:${double.port}`, tls })
  await target.open(open())
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['delivered'])
  t.true(asked.some(path => path.includes('/token')))
  t.deepEqual(double.requests[0]?.metadata.get('authorization'), ['Bearer ya29.of-the-machine'])
})

test.serial('with a key, or with an emulator, nobody asks a metadata server', async t => {
  const { asked } = await metadataServer(t)
  const service = await doubleWith(t, known)
  const emulator = await doubleWith(t)
  const settings = [
    { endpoint: `localhost:${service.port}`, tls, credentials: keyFile('k1') },
    { emulator: emulator.address }
  ]
  for (const one of settings) {
    const target = await targetWith(t, one)
    await target.open(open())
    t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['delivered'])
  }
  t.deepEqual(asked, [])
  t.deepEqual(emulator.requests[0]?.metadata.get('authorization'), [])
})

test.serial('the variable of the emulator leads no messages away', async t => {
  const [service, emulator] = [await doubleWith(t, known), await doubleWith(t)]
  process.env.PUBSUB_EMULATOR_HOST = emulator.address
  t.teardown(() => delete process.env.PUBSUB_EMULATOR_HOST)
  const target = await targetWith(t, {
    ...{ endpoint: `localhost:${service.port}`, tls, credentials: keyFile('k1') }
  })
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['delivered'])
  t.is(service.requests.length, 1)
  t.is(emulator.requests.length, 0)
})

test.serial('a token that is no longer taken is replaced once, and then the stream halts', async t => {
  const refused = new Set<unknown>()
  const seen: unknown[] = []
  let isOver = false
  const double = await doubleWith(t, {
    ...known,
    reply: ({ metadata }): PublishReply => {
      const [token] = metadata.get('authorization')
      seen.push(token)
      return isOver || refused.has(token)
        ? { kind: 'status', code: 16, details: `expired: ${token}` }
        : { kind: 'confirm' }
    }
  })
  const target = await targetWith(t, {
    ...{ endpoint: `localhost:${double.port}`, tls, credentials: keyFile('k1') }
  })
  t.deepEqual(await kindsOf(target, messagesNamed('a1 b1')), ['delivered', 'delivered'])
  t.is(new Set(seen).size, 1, 'a token serves many requests')
  refused.add(seen[0])
  const second = Math.floor(Date.now() / 1_000)
  await until('another second, which is told in the token', () => Date.now() >= (second + 1) * 1_000)
  const [outcome] = await outcomesOf(target, messagesNamed('a2'))
  t.like(outcome, {
    kind: 'retry',
    code: 'pubsub_token_refused',
    detail: 'UNAUTHENTICATED: expired: Bearer ***'
  })
  t.deepEqual(await kindsOf(target, messagesNamed('a2')), ['delivered'])
  t.is(new Set(seen).size, 2, 'a new one')
  isOver = true
  t.deepEqual(await kindsOf(target, messagesNamed('a3')), ['retry pubsub_token_refused'])
  t.deepEqual(await kindsOf(target, messagesNamed('a3')), ['halt pubsub_unauthenticated'])
})

test.serial('a key that nobody knows halts the stream, and so does one of another account', async t => {
  const double = await doubleWith(t, known)
  const target = await targetWith(t, {
    ...{ endpoint: `localhost:${double.port}`, tls, credentials: keyFile('k2') }
  })
  const error = await t.throwsAsync(target.open(open()), { instanceOf: FaultError })
  t.is(error?.code, 'pubsub_unauthenticated')
  t.regex(error?.detail ?? '', /there is no key k2/)
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['halt pubsub_unauthenticated'])
})

test.serial('without any credentials the stream halts, and says what is missing', async t => {
  const home = mkdtempSync(join(tmpdir(), 'tailrace-home-'))
  const { HOME } = process.env
  process.env.HOME = home
  t.teardown(() => {
    process.env.HOME = HOME
    rmSync(home, { recursive: true })
  })
  const double = await doubleWith(t, known)
  const target = await targetWith(t, { endpoint: `localhost:${double.port}`, tls })
  const error = await t.throwsAsync(target.open(open()), { instanceOf: FaultError })
  t.is(error?.code, 'pubsub_credentials_missing')
  t.is(error?.spec.outcome, 'halt')
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['halt pubsub_credentials_missing'])
  t.is(double.requests.length, 0)
})

test.serial('credentials that are not there halt the stream', async t => {
  const double = await doubleWith(t, known)
  const service = { endpoint: `localhost:${double.port}`, tls }
  process.env.GOOGLE_APPLICATION_CREDENTIALS = '/nowhere/key.json'
  t.teardown(() => delete process.env.GOOGLE_APPLICATION_CREDENTIALS)
  const missing = await targetWith(t, service)
  t.deepEqual(await kindsOf(missing, messagesNamed('a1')), ['halt pubsub_credentials_missing'])
})

test.serial('a machine that has no account halts the stream', async t => {
  await metadataServer(t, 404)
  const double = await doubleWith(t, known)
  const target = await targetWith(t, { endpoint: `localhost:${double.port}`, tls })
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['halt pubsub_credentials_missing'])
})

const mistakes: readonly [title: string, settings: Readonly<Record<string, unknown>>, path: string][] = [
  ['no project', { project: undefined, topic: 'telemetry' }, 'project'],
  ['two projects', { topic: 'projects/other-prod/topics/telemetry' }, 'project'],
  ['a topic that begins with goog', { topic: 'googly' }, 'topic'],
  ['a topic with a blank', { topic: 'my topic' }, 'topic'],
  ['a topic of an id', { topic: 'telemetry-{@id}' }, 'topic'],
  ['braces around no name', { orderingKey: '{a b}' }, 'orderingKey'],
  ['a foreign name in an attribute', { attributes: { a: '{@place}' } }, 'attributes.a'],
  ['an attribute that begins with goog', { attributes: { goog_x: 'a' } }, 'attributes'],
  [
    'too many attributes',
    { attributes: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`a${at}`, 'x'])) },
    'attributes'
  ],
  ['credentials that are no JSON', { credentials: 'secret-but-no-json' }, 'credentials'],
  [
    'a key file without its key',
    { credentials: '{"type":"service_account","client_email":"a@b"}' },
    'credentials'
  ],
  [
    'a key of another cloud',
    { credentials: JSON.stringify({ ...JSON.parse(keyFile('k1')), universe_domain: 'acme.example' }) },
    'credentials'
  ],
  [
    'a key that is none',
    { credentials: '{"type":"service_account","client_email":"a@b","private_key":"secret-key"}' },
    'credentials'
  ],
  ['credentials beside an emulator', { emulator: '127.0.0.1:9', credentials: keyFile('k1') }, 'credentials'],
  ['TLS beside an emulator', { emulator: '127.0.0.1:9', tls: {} }, 'tls']
]

for (const [title, settings, path] of mistakes)
  test.serial(`${title}: the mistake is told by its place, and without its secret`, async t => {
    const error = await t.throwsAsync(targetWith(t, settings), { instanceOf: FaultError })
    t.is(error?.code, 'config_invalid')
    t.is(error?.path, path)
    t.notRegex(String(error?.message), /secret-|PRIVATE KEY/)
  })
