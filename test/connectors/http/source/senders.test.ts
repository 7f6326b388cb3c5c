// Who may send: tokens by their hash, rates, JSON Web Tokens, signatures.

import { createHash, randomBytes } from 'node:crypto'
import test from 'ava'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Webhook } from 'standardwebhooks'
import { type Harness, receivedAtMs, startSource } from '../source-harness.ts'

const one = '{"ident":"a","timestamp":1}'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function answer(harness: Harness, body: string, headers: Record<string, string>) {
  const response = await harness.post(body, headers)
  const { error } = (await response.json()) as { error?: { code: string; message: string } } // of the one shape
  return { status: response.status, code: error?.code, message: error?.message, headers: response.headers }
}

test('a sender is let in by a token of which only the hash is configured', async t => {
  const senders = {
    acme: { tokenSha256: sha256('acme-token') },
    boats: { tokenSha256: sha256('other').toUpperCase() }
  }
  const harness = await startSource(t, { config: { senders, tokens: ['plain'] }, listenHost: '0.0.0.0' })
  for (const token of ['acme-token', 'other', 'plain'])
    t.is((await answer(harness, one, bearer(token))).status, 200)
  for (const token of ['none', sha256('acme-token'), ''])
    t.like(await answer(harness, one, bearer(token)), { status: 401, code: 'token_refused' })
})

test('a sender that sends too much is told when to come again, and the others are not held up', async t => {
  const senders = {
    slow: { tokenSha256: sha256('slow'), messagesPerSecond: 2 },
    free: { tokenSha256: sha256('free') }
  }
  const harness = await startSource(t, { config: { senders } })
  const ten = `[${Array(10).fill(one).join()}]`
  t.is((await answer(harness, ten, bearer('slow'))).status, 200)
  const refused = await answer(harness, '?', bearer('slow'))
  t.like(refused, { status: 429, code: 'rate_limited' })
  // Ten messages take 5 s, and one second was saved.
  t.is(refused.headers.get('retry-after'), '4')
  t.is((await answer(harness, ten, bearer('free'))).status, 200)
  await harness.source.update(harness.feeds, { host: '127.0.0.1', port: 0 }) // which does not pay its debts
  harness.nowMs = receivedAtMs + 3_999
  t.is((await answer(harness, one, bearer('slow'))).status, 429)
  harness.nowMs = receivedAtMs + 4_000
  t.is((await answer(harness, one, bearer('slow'))).status, 200)
  t.is(harness.stored.length, 21)
})

async function issuer() {
  const [good, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(good.publicKey)), kid: 'k1', alg: 'ES256' }] })
  const seconds = receivedAtMs / 1000
  const token = (claims: object, { key = good.privateKey, ends = seconds + 60 } = {}) =>
    new SignJWT({ iss: 'https://login.acme.example', aud: 'tailrace', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setExpirationTime(Math.floor(ends))
      .sign(key)
  return { keys, token, otherKey: other.privateKey, seconds }
}

test('a JSON Web Token lets in what its issuer says', async t => {
  const { keys, token, otherKey, seconds } = await issuer()
  const jwt = {
    keys,
    issuer: 'https://login.acme.example',
    audience: 'tailrace',
    claims: { scope: 'telemetry.write' }
  }
  const harness = await startSource(t, { config: { jwt, tokens: ['plain'] } })
  const good = { scope: 'telemetry.read telemetry.write' }
  const status = async (made: Promise<string> | string) =>
    (await answer(harness, one, bearer(await made))).status
  t.is(await status(token(good)), 200)
  t.is(await status(token({ scope: ['telemetry.write'] })), 200)
  t.is(await status('plain'), 200)
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await token(good)).split('.')[1]}.`
  // Whoever has the public keys could make these, if the algorithm were the sender's choice.
  const byPublicKey = await new SignJWT({ iss: jwt.issuer, aud: 'tailrace', ...good })
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .setExpirationTime(Math.floor(seconds + 60))
    .sign(Buffer.from(keys))
  const refused: [name: string, token: string][] = [
    ['another key', await token(good, { key: otherKey })],
    ['its time is over', await token(good, { ends: seconds - 60 })],
    ['another issuer', await token({ ...good, iss: 'https://evil.example' })],
    ['another audience', await token({ ...good, aud: 'billing' })],
    ['without the scope', await token({})],
    ['another scope', await token({ scope: 'telemetry.writer' })],
    ['not signed', unsigned],
    ['signed with the public key', byPublicKey],
    ['no token at all', 'a.b.c'],
    ['an empty one', '']
  ]
  for (const [name, made] of refused)
    t.like(await answer(harness, one, bearer(made)), { status: 401, code: 'token_refused' }, name)
  t.is(harness.stored.length, 3)
  t.false(harness.events.includes('request_failed'))
})

test('keys that are none are told when the source is made', async t => {
  const jwt = { keys: '{"keys":1}', issuer: 'a', claims: {} }
  await t.throwsAsync(startSource(t, { config: { jwt } }), {
    code: 'config_invalid',
    message: /^channels\.fleet\.sources\.http\.jwt\.keys: /
  })
})

test('requests that are signed by the library of Standard Webhooks are taken, and no others', async t => {
  const [first, second, other] = Array.from({ length: 3 }, () => randomBytes(24).toString('base64'))
  const secrets = [`whsec_${first}`, `whsec_${second}`]
  const harness = await startSource(t, { config: { webhookSignature: { secrets } }, listenHost: '0.0.0.0' })
  const now = new Date(receivedAtMs)
  const signed = (secret = '', body = one, at = now) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body)
  })
  t.is((await answer(harness, one, signed(first))).status, 200)
  t.is((await answer(harness, one, signed(second))).status, 200)
  const both = `v1a,AAAA ${signed(other)['webhook-signature']} ${signed(first)['webhook-signature']}`
  t.is((await answer(harness, one, { ...signed(first), 'webhook-signature': both })).status, 200)
  const lines = `${one}\n`.repeat(3)
  const ndjson = { 'content-type': 'application/x-ndjson' }
  t.is((await answer(harness, lines, { ...signed(first, lines), ...ndjson })).status, 200)
  const apart = (ms: number) => signed(first, one, new Date(receivedAtMs + ms))
  const { 'webhook-id': id, ...withoutId } = signed(first)
  const refused: [name: string, body: string, headers: Record<string, string>][] = [
    ['another secret', one, signed(other)],
    ['another body', `${one} `, signed(first)],
    ['another id', one, { ...signed(first), 'webhook-id': `${id}2` }],
    ['no id', one, withoutId],
    ['too old', one, apart(-301_000)],
    ['too new', one, apart(301_000)],
    ['no time', one, { ...signed(first), 'webhook-timestamp': 'now' }],
    ['no signature', one, { ...signed(first), 'webhook-signature': 'v1,' }],
    ['not signed', one, {}],
    ['a line more', `${lines}${one}`, { ...signed(first, lines), ...ndjson }]
  ]
  for (const [name, body, headers] of refused)
    t.like(await answer(harness, body, headers), { status: 401, code: 'signature_refused' }, name)
  t.is(harness.stored.length, 6)
})
