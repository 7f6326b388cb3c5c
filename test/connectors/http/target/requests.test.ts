// What requests look like: where fields of messages go, the bodies, ids, compression. Everything is sent over a socket,
// and it is the receiver's side that is looked at.

import zlib, { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import type { Received } from '../../../../connectors/http/double.ts'
import { batchFrom, messagesOf } from '../../../messages.ts'
import { configAt, doubleWith, type Settings, targetAt } from '../harness.ts'

const ok = { kind: 'answer', status: 200 } as const
const unhurried = () => new AbortController().signal

interface Sending {
  readonly path?: string
  readonly settings?: Settings
  readonly values: string[]
}

/** Delivers a batch of these values, all of one device; what the receiver got, and what came of it. */
async function sent(t: ExecutionContext, { path = '/', settings = {}, values }: Sending) {
  const key = 'veh 1'
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, double.url + path, settings)
  const messages = messagesOf(values, {
    keys: values.map(() => key),
    firstOffset: 40,
    timestampMs: 1_700_000_000_000
  })
  const outcome = await target.deliver(batchFrom(messages), unhurried())
  const [received] = ledger
  return { target, messages, outcome, received: received as Received }
}

const paths: readonly [template: string, value: string, path: string][] = [
  ['/d/{ident}', '{}', '/d/veh%201'],
  ['/d/{ident}/t?plate={plate}', '{"plate":"AB 12/3&x=1#?"}', '/d/veh%201/t?plate=AB%2012%2F3%26x%3D1%23%3F'],
  ['/d/{position.speed}', '{"position.speed":7.5}', '/d/7.5'],
  ['/d/{position.speed}', '{"position":{"speed":7}}', '/d/7'],
  ['/d/{a}', '{"a":true}', '/d/true'],
  ['/d/{a}', '{"a":12345678901234567890}', '/d/12345678901234567890'],
  ['/d/{a}{b}', '{"a":"x","b":"y"}', '/d/xy'],
  ['/d/{a}', '{"a":"../../admin"}', '/d/..%2F..%2Fadmin'],
  ['/d/{a}', '{"a":"x\\r\\nHost: evil"}', '/d/x%0D%0AHost%3A%20evil'],
  ['/d/{a}', '{"a":"Ä"}', '/d/%C3%84'],
  ['/ä b/{a}?q=ö', '{"a":1}', '/%C3%A4%20b/1?q=%C3%B6']
]

for (const [template, value, path] of paths) {
  test(`${template} of ${value} is ${path}`, async t => {
    const { received, outcome } = await sent(t, { path: template, values: [value] })
    t.like(outcome, { kind: 'delivered' })
    t.is(received.path, path)
  })
}

const unfit: readonly [value: string, reason: string][] = [
  ['{}', 'a is missing'],
  ['{"a":null}', 'a is missing'],
  ['{"a":""}', 'a is ""'],
  ['{"a":"."}', 'a is "."'],
  ['{"a":".."}', 'a is ".."'],
  ['{"a":{}}', 'a is no text, number or boolean'],
  ['{"a":[1]}', 'a is no text, number or boolean'],
  ['{"a":"\\ud800"}', 'a holds half of a surrogate pair'],
  [`{"a":"${'x'.repeat(1_025)}"}`, 'a has more than 1024 characters'],
  ['not JSON', 'a is missing'],
  ['{"b":{"a":1}}', 'a is missing']
]

for (const [value, detail] of unfit) {
  test(`a message is rejected, and nothing sent, as ${detail}: ${value.slice(0, 30)}`, async t => {
    const { received, outcome } = await sent(t, { path: '/d/{a}', values: [value] })
    t.deepEqual(outcome, { kind: 'reject', code: 'http_message_unfit', detail })
    t.falsy(received)
  })
}

test('a field in a header can neither end it nor begin another', async t => {
  const value = JSON.stringify({ plate: 'AB 12\r\nx-admin: yes\u0000 Ж' })
  const { received } = await sent(t, {
    settings: { headers: { 'X-Plate': 'plate={plate}', 'x-id': '{ident}' } },
    values: [value]
  })
  t.is(received.headers['x-plate'], 'plate=AB 12%0D%0Ax-admin: yes%00 %D0%96')
  t.is(received.headers['x-id'], 'veh 1')
  t.is(received.headers['x-admin'], undefined)
})

test('messages are of one destination when the fields in path and headers hold the same', t => {
  const target = targetAt(t, 'http://127.0.0.1:9/{plate}', { headers: { 'x-b': '{b}' } })
  const values = [
    '{"plate":"A","b":1}',
    '{"plate":"A","b":1,"c":2}',
    '{"plate":"A","b":2}',
    '{"b":1}',
    '{"plate":"?","b":1}'
  ]
  const names = messagesOf(values).map(message => target.destination?.(message))
  t.deepEqual(names, ['b=1&plate=A', 'b=1&plate=A', 'b=2&plate=A', 'b=1&plate=?', 'b=1&plate=%3F'])
  t.is(targetAt(t, 'http://127.0.0.1:9/').destination, undefined)
})

const first = '{"ident":"veh 1","n":1.0}'
const second = '{ "n" : 2 }'
const bodies: readonly [settings: Settings, values: string[], body: string, contentType: string][] = [
  [{}, [first, second], `[${first},${second}]`, 'application/json'],
  [{ format: 'ndjson' }, [first, second], `${first}\n${second}\n`, 'application/x-ndjson'],
  [{ format: 'object' }, [first], first, 'application/json'],
  [
    { format: 'form' },
    ['{"a":"x y","b":1,"c":{"d":[1]},"e":null}'],
    'a=x+y&b=1&c=%7B%22d%22%3A%5B1%5D%7D&e=null',
    'application/x-www-form-urlencoded'
  ],
  [
    { body: '{"items": {@messages}, "count": {@count}}' },
    [first, second],
    `{"items": [${first},${second}], "count": 2}`,
    'application/json'
  ],
  [
    { body: '{"d": {ident}, "n": {n}, "x": {x}}' },
    [first],
    '{"d": "veh 1", "n": 1, "x": null}',
    'application/json'
  ],
  [
    { body: '{"d": "unit-{ident}", "n": "{n}", "l": {l}}' },
    ['{"n":"a\\"b\\nc","l":12345678901234567890}'],
    '{"d": "unit-veh 1", "n": "a\\"b\\nc", "l": 12345678901234567890}',
    'application/json'
  ],
  [{ body: '[{"a\\"{n}": {n}}]' }, ['{"n":"q"}'], '[{"a\\"q": "q"}]', 'application/json'],
  [
    { item: '{"ts": {@ms}, "id": "{@id}", "v": {@message}}', format: 'ndjson' },
    ['{"timestamp":1.5}', '{}', '{"timestamp":"2026"}'],
    [
      '{"ts": 1500, "id": "fleet-0-40", "v": {"timestamp":1.5}}\n',
      '{"ts": 1700000000000, "id": "fleet-0-41", "v": {}}\n',
      '{"ts": 1700000000000, "id": "fleet-0-42", "v": {"timestamp":"2026"}}\n'
    ].join(''),
    'application/x-ndjson'
  ],
  [
    { item: '[{n}]', messageId: { field: 'id' } },
    ['{"n":"a"}'],
    '[["a"]]', // it is no object, so it has no place for an id
    'application/json'
  ],
  [{ body: '{"id": {@id}}' }, [first], '{"id": "fleet-0-40"}', 'application/json'],
  [
    { messageId: { field: 'message.id' } },
    [first, '{}', '{ } '],
    `[${first.slice(0, -1)},"message.id":"fleet-0-40"},{"message.id":"fleet-0-41"},{ "message.id":"fleet-0-42"} ]`,
    'application/json'
  ],
  [
    { messageId: { field: 'id' }, format: 'ndjson' },
    [first],
    `${first.slice(0, -1)},"id":"fleet-0-40"}\n`,
    'application/x-ndjson'
  ]
]

for (const [settings, values, body, contentType] of bodies) {
  test(`a body with ${JSON.stringify(settings)}`, async t => {
    const { received, outcome } = await sent(t, { settings, values })
    t.like(outcome, { kind: 'delivered' })
    t.is(received.body.toString(), body)
    t.is(received.headers['content-type'], contentType)
  })
}

test('the id of a batch is that of its header, and the same when it is sent again', async t => {
  const { target, messages, received } = await sent(t, {
    settings: { body: '{"batch": {@batch}, "items": {@messages}}' },
    values: [first, second]
  })
  const { batch } = JSON.parse(received.body.toString())
  t.is(batch, received.headers['idempotency-key'])
  t.regex(batch, /^[0-9a-f]{64}$/)
  t.like(await target.deliver(batchFrom(messages), unhurried()), { kind: 'delivered' })
})

test('where a request holds one message, its id may stand in a header', async t => {
  const { received, target } = await sent(t, {
    settings: { format: 'object', messageId: { header: 'X-Message-Id' } },
    values: [first]
  })
  t.is(received.headers['x-message-id'], 'fleet-0-40')
  t.is(target.limits.maxMessages, 1)
})

test('a form of what is no object is rejected', async t => {
  const { outcome } = await sent(t, { settings: { format: 'form' }, values: ['[1]'] })
  t.like(outcome, { kind: 'reject', code: 'http_message_unfit' })
})

for (const method of ['POST', 'PUT', 'PATCH'] as const) {
  test(`the method may be ${method}`, async t => {
    const { received } = await sent(t, { settings: { method }, values: [first] })
    t.is(received.method, method)
  })
}

test('a body is compressed where the receiver is said to take it', async t => {
  const values = Array.from({ length: 50 }, () => first)
  const { received, outcome } = await sent(t, { settings: { compression: 'gzip' }, values })
  t.like(outcome, { kind: 'delivered' })
  t.is(received.headers['content-encoding'], 'gzip')
  t.is(gunzipSync(received.body).toString(), `[${values.join(',')}]`)
  t.is(Number(received.headers['content-length']), received.body.length)
})

test('an attempt that is given up while its body is compressed sends nothing', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, double.url, { compression: 'gzip' })
  const giveUp = new AbortController()
  const delivered = target.deliver(batchFrom(messagesOf([first])), giveUp.signal)
  giveUp.abort()
  t.like(await delivered, { kind: 'unsent' })
  t.like(await target.deliver(batchFrom(messagesOf([second])), unhurried()), { kind: 'delivered' })
  t.is(ledger.length, 1)
})

test('what the format adds counts towards the size of a body', async t => {
  const values = Array.from({ length: 20 }, (_, at) => `{"n":${at},"pad":"${'x'.repeat(300)}"}`)
  for (const settings of [
    {},
    { format: 'ndjson' },
    { format: 'cloudevents' },
    { messageId: { field: 'id' } }
  ] as const) {
    const { target, messages } = await sent(t, {
      settings: { ...settings, maxMessages: 20, maxBytes: 40_000 },
      values
    })
    const fitting: typeof messages = []
    for (const message of messages)
      if (batchFrom([...fitting, message]).bytes <= target.limits.maxBytes) fitting.push(message)
    const { double, ledger } = await doubleWith(t, ok)
    const again = targetAt(t, double.url, { ...settings, maxMessages: 20, maxBytes: 40_000 })
    await again.deliver(batchFrom(fitting), unhurried())
    t.true((ledger[0]?.body.length ?? 0) <= 40_000, JSON.stringify(settings))
  }
})

const mistakes: readonly [url: string, settings: Settings, message: RegExp][] = [
  ['http://127.0.0.1:9{ident}/', {}, /^url: .*fields behind the host/],
  ['http://{ident}/', {}, /Invalid URL|^url: .*fields behind the host/],
  ['http://h/{ident', {}, /^url: .*braces only around names/],
  ['http://h/{1}', {}, /^url: .*braces only around names/],
  ['http://h/{@batch}', {}, /^url: .*which \{@batch\} is not/],
  ['http://h/', { format: 'array', body: '{@messages}' }, /^format: .*beside body/],
  ['http://h/', { body: '{"a": }' }, /^body: .*must be JSON.*\{"a": \}/],
  ['http://h/', { body: '{"a": "{@messages}"}' }, /^body: .*outside of quotes/],
  ['http://h/', { body: '[{@messages},{@messages}]' }, /^body: .*\{@messages\} once/],
  ['http://h/', { body: '[{@messages},{ident}]' }, /^body: .*of one message/],
  ['http://h/', { body: '{"a": {@time}}' }, /^body: .*must not name \{@time\}/],
  ['http://h/', { item: '{"a": {@batch}}' }, /^item: .*must not name \{@batch\}/],
  ['http://h/', { item: '{"a": "{@message}"}' }, /^item: .*outside of quotes/],
  ['http://h/', { item: '{"a": }' }, /^item: .*must be JSON/],
  ['http://h/', { messageId: { header: 'x-id' } }, /^messageId\.header: .*a request for each message/],
  ['http://h/', { bearer: 'a', basic: { username: 'u', password: 'p' } }, /^basic: .*beside bearer/],
  [
    'http://h/',
    { basic: { username: 'u', password: 'p' }, headers: { Authorization: 'x' } },
    /^headers: .*beside basic/
  ],
  [
    'http://h/',
    { webhookSignature: { secrets: [`whsec_${'A'.repeat(32)}`] }, compression: 'gzip' },
    /^compression: .*beside webhookSignature/
  ],
  [
    'http://h/',
    { cloudEvents: { type: 't', source: 'http://[' }, format: 'cloudevent' },
    /^cloudEvents\.source: /
  ]
]

for (const [url, settings, message] of mistakes) {
  test(`it is told what is wrong with ${url} ${JSON.stringify(settings)}`, t => {
    t.throws(() => targetAt(t, url, settings), { message })
  })
}

test('zstd is refused by a Node that has none', t => {
  const hasZstd = 'zstdCompress' in zlib
  const build = () => targetAt(t, 'http://h/', { compression: 'zstd' })
  if (hasZstd) t.notThrows(build)
  else t.throws(build, { message: /^compression: .*needs Node 22\.15/ })
})

test('the schema has the defaults that a request is made with', t => {
  t.like(configAt('http://h/'), { method: 'POST', compression: 'none', messageId: {}, query: {}, rules: [] })
})
