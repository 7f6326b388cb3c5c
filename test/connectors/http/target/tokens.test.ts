// OAuth 2: one token for all requests, renewed before it expires, one renewal at a time; what is refused is renewed once.

import { setImmediate } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Outcome } from '../../../../connectors/connector.ts'
import { type Token, Tokens } from '../../../../connectors/http/auth/tokens.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { batchOf } from '../../../messages.ts'
import { doubleWith, type Settings, targetAt } from '../harness.ts'
import { client, TokenServerDouble } from './token-server.ts'

const seconds = (count: number) => count * 1_000

/** Tokens that live 10 s and take a second to be fetched. */
function virtual(lifetimeMs: number | null = seconds(10)) {
  const clock = new VirtualClock()
  const fetched: number[] = []
  let running = 0
  let most = 0
  const state = { fails: false }
  const fetch = async (): Promise<Token> => {
    most = Math.max(most, ++running)
    fetched.push(clock.now())
    const value = `token-${fetched.length}`
    await new Promise<void>(resolve => clock.after(seconds(1), resolve))
    running--
    if (state.fails) throw new FaultError('http_token_unavailable', { detail: 'ordered by a test' })
    return { value, lifetimeMs }
  }
  return { clock, fetched, state, most: () => most, tokens: new Tokens(clock, fetch) }
}

test('ten minutes with tokens of ten seconds: none is used past its end, and one is fetched at a time', async t => {
  const { clock, tokens, fetched, most } = virtual()
  let used = 0
  let late = 0
  const endMs = clock.now() + seconds(600)
  const workers = Array.from({ length: 64 }, async (_, at) => {
    for (let turn = 0; clock.now() < endMs; turn++) {
      const value = await tokens.get()
      const fetchedMs = fetched[Number(value.slice('token-'.length)) - 1] ?? 0
      if (clock.now() >= fetchedMs + seconds(10)) late++
      used++
      await new Promise<void>(resolve => clock.after(100 + ((at * 37 + turn * 11) % 400), resolve))
    }
  })
  await clock.advance(seconds(601))
  await Promise.all(workers)
  t.is(late, 0)
  t.is(most(), 1)
  t.true(used > 64 * 1_000, `${used}`)
  // Each lives until four fifths of its ten seconds have gone.
  t.true(fetched.length >= 67 && fetched.length <= 76, `${fetched.length}`)
})

test('while a renewal fails the token in use is good until its end, and then nobody gets one', async t => {
  const { clock, tokens, state } = virtual()
  const first = tokens.get()
  await clock.advance(seconds(1))
  t.is(await first, 'token-1')
  state.fails = true
  await clock.advance(seconds(8))
  t.is(await tokens.get(), 'token-1')
  await clock.advance(seconds(1))
  const late = t.throwsAsync(tokens.get(), { code: 'http_token_unavailable' })
  await clock.advance(seconds(2))
  await late
  state.fails = false
  const back = tokens.get()
  await clock.advance(seconds(1))
  t.regex(await back, /^token-\d+$/)
})

test('a token without an end is kept until it is refused; the second refusal in a row is final, until one is taken', async t => {
  const { clock, tokens, fetched } = virtual(null)
  const get = async () => {
    const token = tokens.get()
    await clock.advance(seconds(1))
    return token
  }
  t.is(await get(), 'token-1')
  await clock.advance(seconds(86_400))
  t.is(await get(), 'token-1')
  t.true(tokens.refused('token-1'))
  t.true(tokens.refused('token-1')) // another request with the same one
  t.is(await get(), 'token-2')
  t.true(tokens.refused('token-1')) // a late one
  t.is(fetched.length, 2)
  t.false(tokens.refused('token-2'))
  t.is(await get(), 'token-3')
  tokens.accepted()
  t.true(tokens.refused('token-3'))
})

/** A receiver that takes only good tokens, and a target that fetches them. */
async function withTokens(t: ExecutionContext, settings: Partial<NonNullable<Settings['oauth2']>> = {}) {
  const server = await new TokenServerDouble().start()
  t.teardown(() => server.stop())
  const { double } = await doubleWith(
    t,
    { kind: 'hang' },
    {
      reply: ({ headers }) => ({ kind: 'answer', status: server.knows(headers.authorization) ? 200 : 401 })
    }
  )
  const target = targetAt(t, double.url, {
    ...{ batchesInFlight: 64, secrets: [client.secret] },
    oauth2: {
      tokenUrl: server.url,
      clientId: client.id,
      clientSecret: client.secret,
      credentialsIn: 'header',
      ...settings
    }
  })
  const deliver = () =>
    target.deliver(batchOf(['{"ident":"1"}']), new AbortController().signal) as Promise<Outcome>
  return { server, target, deliver }
}

test('the server is asked as RFC 6749 says, with id and secret in the header', async t => {
  const { server, deliver } = await withTokens(t, {
    scope: 'telemetry.write x',
    audience: 'https://acme.example'
  })
  t.like(await deliver(), { kind: 'delivered' })
  const [{ authorization, form } = { authorization: '', form: new URLSearchParams() }] = server.asked
  t.is(authorization, `Basic ${Buffer.from('fleet+%26+sons:s%3Aecret%25').toString('base64')}`)
  t.deepEqual(
    [...form],
    [
      ['grant_type', 'client_credentials'],
      ['scope', 'telemetry.write x'],
      ['audience', 'https://acme.example']
    ]
  )
})

test('... or in the body', async t => {
  const { server, deliver } = await withTokens(t, { credentialsIn: 'body' })
  t.like(await deliver(), { kind: 'delivered' })
  const [{ authorization, form } = { authorization: '', form: new URLSearchParams() }] = server.asked
  t.is(authorization, undefined)
  t.is(form.get('client_id'), client.id)
  t.is(form.get('client_secret'), client.secret)
})

test('64 requests at once fetch one token', async t => {
  const { server, deliver } = await withTokens(t)
  const outcomes = await Promise.all(Array.from({ length: 64 }, deliver))
  t.true(outcomes.every(({ kind }) => kind === 'delivered'))
  t.is(server.asked.length, 1)
})

test('tokens that are revoked are renewed once for 64 requests, which are tried again', async t => {
  const { server, deliver } = await withTokens(t)
  await deliver()
  server.revoke()
  const outcomes = await Promise.all(Array.from({ length: 64 }, deliver))
  t.true(outcomes.every(outcome => outcome.kind === 'retry' && outcome.code === 'http_token_refused'))
  const again = await Promise.all(Array.from({ length: 64 }, deliver))
  t.true(again.every(({ kind }) => kind === 'delivered'))
  t.is(server.asked.length, 2)
  t.is(server.most, 1)
})

test('credentials that get a token, which is refused as the one before was, stop the stream', async t => {
  const { server, deliver } = await withTokens(t)
  t.like(await deliver(), { kind: 'delivered' })
  server.lifetimeSeconds = 0 // worth nothing from the beginning
  server.revoke()
  t.like(await deliver(), { kind: 'retry', code: 'http_token_refused' })
  t.like(await deliver(), { kind: 'halt', code: 'http_unauthorized' })
  server.lifetimeSeconds = 10
  t.like(await deliver(), { kind: 'delivered' })
})

const refusals: readonly [status: number, body: string, kind: Outcome['kind'], detail: RegExp][] = [
  [
    400,
    '{"error":"invalid_scope","error_description":"no such"}',
    'halt',
    /^HTTP 400: invalid_scope: no such$/
  ],
  [401, '{"error":"invalid_client"}', 'halt', /^HTTP 401: invalid_client$/],
  [403, 'go away', 'halt', /^HTTP 403$/],
  [429, '', 'unsent', /^HTTP 429$/],
  [500, '<html>', 'unsent', /^HTTP 500$/],
  [503, '', 'unsent', /^HTTP 503$/],
  [302, '', 'unsent', /^HTTP 302$/],
  [200, '{}', 'unsent', /without an access_token/],
  [200, 'token', 'unsent', /without an access_token/],
  [200, '{"access_token":"a\\nb"}', 'unsent', /blanks or control characters/],
  [200, `{"access_token":"${'x'.repeat(70_000)}"}`, 'unsent', /./]
]

for (const [status, body, kind, detail] of refusals) {
  test(`a token server that answers ${status} ${body.slice(0, 40)} means ${kind}`, async t => {
    const { server, deliver, target } = await withTokens(t)
    server.refusal = { status, body }
    const outcome = await deliver()
    t.is(outcome.kind, kind)
    t.regex('detail' in outcome ? outcome.detail : '', detail)
    await t.throwsAsync(target.open(new AbortController().signal), { instanceOf: FaultError })
    server.refusal = null
    t.like(await deliver(), { kind: 'delivered' })
  })
}

test('an attempt that is given up while a token is fetched settles at once, and sends nothing', async t => {
  const server = await new TokenServerDouble().start()
  t.teardown(() => server.stop())
  const { double, ledger } = await doubleWith(t, { kind: 'answer', status: 200 })
  const silent = await doubleWith(t, { kind: 'hang' })
  const oauth2 = {
    tokenUrl: silent.double.url,
    clientId: 'a',
    clientSecret: 'b',
    credentialsIn: 'header'
  } as const
  const target = targetAt(t, double.url, { oauth2 })
  const giveUp = new AbortController()
  const delivered = target.deliver(batchOf(['{"ident":"1"}']), giveUp.signal)
  while (silent.ledger.length === 0) await setImmediate()
  const startMs = performance.now()
  giveUp.abort()
  t.like(await delivered, { kind: 'unsent' })
  t.true(performance.now() - startMs < 2_000)
  t.is(ledger.length, 0)
})

test('the secret is not told, whatever the server answers', async t => {
  const { server, deliver } = await withTokens(t)
  server.refusal = { status: 401, body: JSON.stringify({ error: `no client with ${client.secret}` }) }
  const outcome = await deliver()
  t.false(JSON.stringify(outcome).includes(client.secret))
})

test('a token server that is down means unsent; one at a forbidden address stops the stream', async t => {
  const { deliver } = await withTokens(t, { tokenUrl: 'http://127.0.0.1:1/token' })
  t.like(await deliver(), { kind: 'unsent', code: 'http_token_unavailable' })
  const { deliver: forbidden } = await withTokens(t, { tokenUrl: 'http://169.254.169.254/token' })
  t.like(await forbidden(), { kind: 'halt', code: 'address_forbidden' })
  await setImmediate()
})
