import { deflateSync, gzipSync } from 'node:zlib'
import test from 'ava'
import { FaultError } from '../../../schemas/errors.ts'
import { Harness, startSource } from './source-harness.ts'

const json = 'application/json; charset=utf-8'
const one = '{"ident":"a","timestamp":1.0}'
const two = '{ "timestamp" : 1681282189.50, "id": 9007199254740993, "ident":"b" }'

/** The error of an answer, which has one shape whatever went wrong. */
async function errorOf(response: Response) {
  const { error } = (await response.json()) as { error: Record<string, unknown> } // checked by the caller
  return { status: response.status, type: response.headers.get('content-type'), ...error }
}

const ndjson = { 'content-type': 'application/x-ndjson' }

const bodies: [name: string, body: string | Buffer, headers: Record<string, string>, values: string[]][] = [
  ['an object', one, {}, [one]],
  ['an array', `[${one},\n ${two}]`, {}, [one, two]],
  ['newline-delimited JSON', `${one}\r\n\n${two}\n`, ndjson, [one, two]],
  [
    'application/jsonl',
    `${one}\n${two}`,
    { 'content-type': 'application/jsonl; charset="UTF-8"' },
    [one, two]
  ],
  ['gzip', gzipSync(`[${one}]`), { 'content-encoding': 'gzip' }, [one]],
  ['deflate', deflateSync(`[${one}]`), { 'content-encoding': 'Deflate' }, [one]],
  ['identity', one, { 'content-encoding': 'identity' }, [one]],
  ['an empty array', '[]', {}, []],
  ['no lines', '', ndjson, []]
]

for (const [name, body, headers, values] of bodies) {
  test(`stores the bytes of each message and answers with their number: ${name}`, async t => {
    const harness = await startSource(t)
    const response = await harness.post(body, headers)
    t.is(response.status, 200)
    t.is(response.headers.get('content-type'), json)
    t.deepEqual(await response.json(), { accepted: values.length })
    t.deepEqual(harness.values, values)
  })
}

test('a body of several megabytes is taken as a whole', async t => {
  const maxBytes = 4_000_000
  const harness = await startSource(t, { config: { maxBodyBytes: maxBytes, maxInflatedBytes: maxBytes } })
  const message = `{"ident":"a","timestamp":1,"x":"${'x'.repeat(10_000)}"}`
  const response = await harness.post(`[${Array(300).fill(message).join()}]`)
  t.deepEqual(await response.json(), { accepted: 300 })
  t.true(harness.values.every(value => value === message))
})

test('a body without content type is taken for JSON', async t => {
  const harness = await startSource(t)
  const response = await fetch(harness.url, { method: 'POST', body: Buffer.from(one) })
  t.deepEqual(await response.json(), { accepted: 1 })
})

test('the key is the ident, and a missing timestamp the time of reception', async t => {
  const harness = await startSource(t)
  await harness.post('{"ident":"лодка"}')
  t.deepEqual(
    harness.stored.map(({ key, value }) => `${key} ${value}`),
    ['лодка {"ident":"лодка","timestamp":1700000000.123}']
  )
  t.deepEqual(harness.accepted, [['fleet', 1, 49]])
})

test('answers only after append has resolved', async t => {
  const harness = await startSource(t)
  const order: string[] = []
  const appended = withResolvers()
  const begun = withResolvers()
  harness.append = () => {
    begun.resolve()
    return appended.promise
  }
  const posted = harness.post(one).then(response => order.push(`answered ${response.status}`))
  await begun.promise
  order.push('appended')
  appended.resolve()
  await posted
  t.deepEqual(order, ['appended', 'answered 200'])
})

function withResolvers() {
  let resolve = () => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}

test('one bad entry keeps the whole request out, and each bad one is listed', async t => {
  const harness = await startSource(t)
  const response = await harness.post(`[${one},{"ident":7},${two},{]`)
  t.deepEqual(await errorOf(response), {
    status: 400,
    type: json,
    code: 'message_invalid',
    message: 'Some messages are not valid: 1 of the entries cannot be taken. None was stored',
    entries: [{ index: 1, reason: 'ident must be a string' }]
  })
  t.deepEqual(harness.values, [])
  t.deepEqual(harness.refused, [['fleet', 'message_invalid']])
})

test('of many bad entries the first hundred are listed', async t => {
  const harness = await startSource(t)
  const error = await errorOf(await harness.post(`[${Array(130).fill('{}').join()}]`))
  t.like(error, { status: 400, moreEntries: 30 })
  t.true('entries' in error && Array.isArray(error.entries) && error.entries.length === 100)
})

const small = { maxBodyBytes: 400, maxInflatedBytes: 600, maxMessages: 3, maxMessageBytes: 100 }
const bomb = gzipSync(Buffer.alloc(50_000, ' '))

const refusals: [name: string, body: string | Buffer, headers: Record<string, string>, error: object][] = [
  ['an empty body', '', {}, { status: 400, code: 'body_malformed' }],
  ['an array that does not end', `[${one}`, {}, { status: 400, code: 'body_malformed' }],
  ['a gzip body that is none', one, { 'content-encoding': 'gzip' }, { status: 400, code: 'body_malformed' }],
  [
    'a gzip body cut short',
    gzipSync(one).subarray(0, -9),
    { 'content-encoding': 'gzip' },
    { status: 400, code: 'body_malformed' }
  ],
  [
    'a form',
    one,
    { 'content-type': 'application/x-www-form-urlencoded' },
    { status: 415, code: 'media_type_unsupported' }
  ],
  [
    'a content type that is none',
    one,
    { 'content-type': 'json' },
    { status: 415, code: 'media_type_unsupported' }
  ],
  [
    'another charset',
    one,
    { 'content-type': 'application/json; charset=latin1' },
    { status: 415, code: 'media_type_unsupported' }
  ],
  ['brotli', one, { 'content-encoding': 'br' }, { status: 415, code: 'encoding_unsupported' }],
  ['two codings', one, { 'content-encoding': 'gzip, gzip' }, { status: 415, code: 'encoding_unsupported' }],
  [
    'a long body',
    ' '.repeat(401),
    {},
    {
      status: 413,
      code: 'body_too_large',
      message: 'The request is larger than this channel takes: the body exceeds 400 bytes (maxBodyBytes)'
    }
  ],
  [
    'a body that inflates without end',
    bomb,
    { 'content-encoding': 'gzip' },
    {
      status: 413,
      message:
        'The request is larger than this channel takes: the decompressed body exceeds 600 bytes (maxInflatedBytes)'
    }
  ],
  [
    'too many entries',
    `[${[one, one, one, one].join()}]`,
    {},
    {
      status: 413,
      message: 'The request is larger than this channel takes: it has more than 3 entries (maxMessages)'
    }
  ],
  [
    'a long message',
    `[${one},{"ident":"a","x":"${'x'.repeat(100)}"}]`,
    {},
    {
      status: 413,
      message: 'The request is larger than this channel takes: entry 1 exceeds 100 bytes (maxMessageBytes)'
    }
  ]
]

for (const [name, body, headers, expected] of refusals) {
  test(`refuses ${name} and goes on on the same connection`, async t => {
    const harness = await startSource(t, { config: small })
    t.like(await errorOf(await harness.post(body, headers)), expected)
    t.deepEqual(harness.values, [])
    t.is(harness.refused.length, 1)
    t.is((await harness.post(one)).status, 200)
  })
}

test('lets in any of its tokens and nobody else, before it looks at the body', async t => {
  const harness = await startSource(t, { config: { tokens: ['first-token', 'second-token'] } })
  const status = async (authorization?: string) =>
    (await harness.post(one, authorization === undefined ? {} : { authorization })).status
  t.is(await status('Bearer first-token'), 200)
  t.is(await status('bearer second-token'), 200)
  for (const wrong of [undefined, '', 'Bearer', 'Bearer third', 'Bearer first-toke', 'Basic first-token']) {
    t.is(await status(wrong), 401, wrong ?? 'none')
  }
  const response = await harness.post('?', { 'content-type': 'text/plain' })
  t.is(response.headers.get('www-authenticate'), 'Bearer')
  t.like(await errorOf(response), { status: 401, code: 'token_refused' })
  t.is(harness.stored.length, 2)
})

const strays: [method: string, path: string, status: number, code: string][] = [
  ['POST', '/channels/none/messages', 404, 'channel_unknown'],
  ['POST', '/channels/__proto__/messages', 404, 'channel_unknown'],
  ['POST', '/channels/%zz/messages', 404, 'path_unknown'],
  ['POST', `/channels/${'x'.repeat(200)}/messages`, 404, 'path_unknown'],
  ['GET', '/', 404, 'path_unknown'],
  ['GET', '/channels/fleet/messages', 405, 'method_not_allowed'],
  ['PUT', '/channels/fleet/messages', 405, 'method_not_allowed'],
  ['DELETE', '/channels/fleet/messages', 405, 'method_not_allowed']
]

for (const [method, path, status, code] of strays) {
  test(`${method} ${path.slice(0, 40)} is answered with ${status} ${code}`, async t => {
    const harness = await startSource(t)
    const response = await fetch(new URL(path, harness.url), {
      method,
      ...(method === 'PUT' && { body: one })
    })
    t.is(response.headers.get('allow'), status === 405 ? 'POST' : null)
    t.like(await errorOf(response), { status, code })
  })
}

test('while Kafka cannot take it, a sender is told to send the whole request again', async t => {
  const harness = await startSource(t)
  harness.append = () =>
    Promise.reject(new FaultError('kafka_unavailable', { detail: 'broker-1.internal:9092' }))
  const response = await harness.post(one)
  t.is(response.headers.get('retry-after'), '5')
  t.deepEqual(await errorOf(response), {
    status: 503,
    type: json,
    code: 'kafka_unavailable',
    message:
      'Kafka did not take the messages in time. A part of them may be stored: send the whole request again'
  })
  t.deepEqual(harness.refused, [['fleet', 'kafka_unavailable']])
})

test('any other trouble with Kafka is no reason to drop messages either', async t => {
  const harness = await startSource(t)
  harness.append = () => Promise.reject(new FaultError('kafka_unauthorized'))
  t.like(await errorOf(await harness.post(one)), { status: 503, code: 'kafka_unavailable' })
})

test('a defect of ours is logged, and the sender learns nothing of it', async t => {
  const harness = await startSource(t)
  harness.append = () => Promise.reject(new TypeError('x is not a function'))
  t.deepEqual(await errorOf(await harness.post(one)), {
    status: 500,
    type: json,
    code: 'internal',
    message: 'Tailrace itself failed'
  })
  t.deepEqual(harness.events, ['listener_opened', 'request_failed'])
})

test('a body that is larger than all the memory for bodies is refused for good', async t => {
  const harness = await startSource(t, { maxBytes: 2_000 })
  const response = await harness.post(`${one}${' '.repeat(2_000)}`)
  t.like(await errorOf(response), { status: 413, code: 'body_too_large' })
})

test('bodies that do not fit beside those in memory are refused until there is room', async t => {
  const harness = await startSource(t, { maxBytes: 2_000, timings: { roomWaitMs: 50 } })
  const begun = withResolvers()
  const appended = withResolvers()
  let waiting = 0
  harness.append = () => {
    if (++waiting === 2) begun.resolve()
    return appended.promise
  }
  const body = `${one}${' '.repeat(900)}`
  const held = [harness.post(body), harness.post(body)]
  await begun.promise
  const response = await harness.post(body)
  t.is(response.headers.get('retry-after'), '1')
  t.like(await errorOf(response), { status: 503, code: 'overloaded' })
  appended.resolve()
  t.deepEqual(
    (await Promise.all(held)).map(({ status }) => status),
    [200, 200]
  )
  t.is((await harness.post(body)).status, 200)
})

test('refuses to listen for everyone without tokens, unless told so', async t => {
  const guarded = (listenHost: string, config: object) => new Harness({ listenHost, config }).source
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.test', '::ffff:192.0.2.1']) {
    await t.throwsAsync(guarded(host, {}).start(), { code: 'source_unguarded' }, host)
  }
  for (const config of [{ insecure: true }, { tokens: ['t'] }]) {
    const source = guarded('0.0.0.0', config)
    await t.notThrowsAsync(source.start())
    await source.stop(0)
  }
  for (const host of ['localhost', '127.0.0.2']) {
    const source = guarded(host, {})
    await t.notThrowsAsync(source.start(), host)
    await source.stop(0)
  }
})

test('a port in use is named', async t => {
  const { source } = await startSource(t)
  const error = await t.throwsAsync(new Harness({ port: source.port }).source.start(), {
    code: 'listen_failed'
  })
  t.regex(error.message, new RegExp(`^127.0.0.1:${source.port}: `))
})
