// What a PUBLISH holds: topics, payloads, properties, and which messages travel together.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import mqttPacket from 'mqtt-packet'
import { Value } from 'typebox/value'
import { mqttTargetSchema } from '../../../connectors/mqtt/target-config.ts'
import { publishBytes } from '../../../connectors/shared/mqtt/publish/packet-size.ts'
import { Publications } from '../../../connectors/shared/mqtt/publish/publications.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { messagesOf } from '../../messages.ts'
import type { Settings } from './harness.ts'

interface Surroundings {
  readonly version?: 4 | 5
  readonly ttlMs?: number
  readonly replay?: string
}

const clock = new VirtualClock()

function publications(settings: Settings, { version = 5, ...env }: Surroundings = {}): Publications {
  const given = { url: 'mqtt://a', topic: 'fleet', ...settings }
  const config = Value.Parse(mqttTargetSchema, Value.Default(mqttTargetSchema, given))
  return new Publications({ config, isVersion5: version === 5, env: { clock, ...env } })
}

const one = (value: object | string, key = 'd1') =>
  messagesOf([typeof value === 'string' ? value : JSON.stringify(value)], { keys: [key] })

const topics: readonly [template: string, message: object, topic: string | RegExp][] = [
  ['fleet/telemetry', {}, 'fleet/telemetry'],
  ['fleet/{ident}/telemetry', {}, 'fleet/d1/telemetry'],
  ['{ident}/{channel.id}/{ok}', { 'channel.id': 7, ok: true }, 'd1/7/true'],
  ['$aws/rules/r/{ident}', {}, '$aws/rules/r/d1'],
  ['{a}', { a: 'Łódź 1' }, 'Łódź 1'],
  ['{a}', {}, /^a is missing$/],
  ['{a}', { a: null }, /^a is missing$/],
  ['{a}', { a: '' }, /^a is ""$/],
  ['{a}', { a: [1] }, /no text, number or boolean/],
  ['{a}', { a: 'x/y' }, /^a holds "\/"/],
  ['{a}', { a: 'x+' }, /^a holds "\+"/],
  ['{a}', { a: '#' }, /^a holds "#"/],
  ['{a}', { a: 'x\u0000' }, /^its topic holds U\+0000, which no text of MQTT should$/],
  ['fleet/{a}', { a: '\n' }, /^its topic holds U\+000A/],
  ['fleet/{a}', { a: 'x\u0085' }, /^its topic holds U\+0085/],
  ['fleet/{a}', { a: '\uffff' }, /^its topic holds U\+FFFF/],
  ['{a}/x', { a: '$SYS' }, /^a begins with \$/],
  ['{a}', { a: '$share' }, /^a begins with \$/],
  ['x{a}', { a: '$' }, 'x$'],
  ['{a}/{b}', { a: 1, b: '$b' }, '1/$b'],
  ['{a}', { a: '\ud800' }, /half of a surrogate pair/],
  [
    `${'t'.repeat(16_000)}/${'{a}'.repeat(64)}`,
    { a: 'x'.repeat(1_000) },
    /^its topic has more than 65535 bytes$/
  ]
]

for (const [template, message, topic] of topics) {
  const title = `${template.slice(0, 40)} with ${JSON.stringify(message).slice(0, 40)}`
  test(`the topic ${title} is ${String(topic)}`, t => {
    const make = () => publications({ topic: template }).of(one(message)).topic
    if (typeof topic === 'string') t.is(make(), topic)
    else {
      const { detail, code } = t.throws(make) as { detail?: string; code?: string } // FaultError
      t.is(code, 'mqtt_message_unfit')
      t.regex(detail ?? '', topic)
    }
  })
}

const mistakes: readonly [settings: Settings, surroundings: Surroundings, message: RegExp][] = [
  [{ topic: 'a/{b' }, {}, /^topic: .*braces/],
  [{ topic: 'a/{@id}' }, {}, /^topic: .*\{@id\} is not/],
  [{ item: '{"a": }' }, {}, /^item: .*JSON/],
  [{ item: '{"a": {@batch}}' }, {}, /^item: .*must not name/],
  [{ contentType: 'a/b' }, { version: 4 }, /^contentType: .*MQTT 5/],
  [{ userProperties: { a: 'b' } }, { version: 4 }, /^userProperties: .*MQTT 5/],
  [{ expires: true }, { version: 4, ttlMs: 1 }, /^expires: .*MQTT 5/],
  [{ expires: true }, {}, /^expires: .*ttlSeconds/],
  [{ userProperties: { a: '{ident}' }, format: 'array' }, {}, /^userProperties: .*several messages/],
  [{ userProperties: { a: '{@ms}' } }, {}, /^userProperties.a: .*\{@ms\} is not/],
  [{ userProperties: { a: 'x'.repeat(65_536) } }, {}, /^userProperties: .*"a" has more than 65535 bytes/],
  [{ userProperties: { a: 'x\n{b}' } }, {}, /^userProperties: .*"a" holds U\+000A/],
  [{ userProperties: { 'a\u0000': 'b' } }, {}, /^userProperties: .*holds U\+0000/],
  [{ contentType: 'a\t' }, {}, /^contentType: .*holds U\+0009/],
  [{ topic: 'a\u007f' }, {}, /^topic: .*holds U\+007F/]
]

for (const [settings, surroundings, message] of mistakes) {
  const title = `${JSON.stringify(settings).slice(0, 80)} ${JSON.stringify(surroundings)}`
  test(`it is told what is wrong with ${title}`, t => {
    t.throws(() => publications(settings, surroundings), { message })
  })
}

const two = messagesOf(['{"ident":"a","timestamp":1}', '{"ident":"b","timestamp":2.5}', ''], {
  keys: ['a', 'b', 'a']
})
const payloads: readonly [settings: Settings, payload: string][] = [
  [{}, '{"ident":"a","timestamp":1}'],
  [{ item: '{"ts":{@ms},"id":"{ident}"}' }, '{"ts":1000,"id":"a"}'],
  [{ format: 'array' }, '[{"ident":"a","timestamp":1},{"ident":"b","timestamp":2.5},null]'],
  [{ format: 'array', item: '{"ts":{@ms}}' }, '[{"ts":1000},{"ts":2500},{"ts":0}]'],
  [{ format: 'byDevice' }, '{"a":[{"ident":"a","timestamp":1},null],"b":[{"ident":"b","timestamp":2.5}]}'],
  [{ format: 'byDevice', item: '{"ts":{@ms}}' }, '{"a":[{"ts":1000},{"ts":0}],"b":[{"ts":2500}]}']
]

for (const [settings, payload] of payloads) {
  test(`the payload with ${JSON.stringify(settings)} is ${payload}`, t => {
    t.is(publications(settings).of(two).payload.toString(), payload)
  })
}

test('a message without key has no place in a payload by device', t => {
  const make = () => publications({ format: 'byDevice' }).of(messagesOf(['{}']))
  t.like(t.throws(make), { code: 'mqtt_message_unfit' })
})

test('user properties name fields and the id of the message', t => {
  const { properties } = publications({
    userProperties: { id: '{@id}', where: '{a}-{b}-{c}' },
    contentType: 'application/json'
  }).of(one({ a: 1, b: { c: 2 } }))
  t.deepEqual(properties, {
    contentType: 'application/json',
    userProperties: { id: 'fleet-0-0', where: '1-{"c":2}-' }
  })
})

test('a user property may have any name', t => {
  const userProperties = Object.fromEntries([['__proto__', '{a}']])
  const { properties } = publications({ userProperties }).of(one({ a: 1 }))
  t.deepEqual(Object.entries(properties?.userProperties ?? {}), [['__proto__', '1']])
})

for (const [value, detail] of [
  ['x'.repeat(65_536), 'its user property note has more than 65535 bytes'],
  ['two\nlines', 'its user property note holds U+000A, which no text of MQTT should'],
  ['a\u0000', 'its user property note holds U+0000, which no text of MQTT should']
] as const)
  test(`a message is refused by itself when ${detail.slice(0, 80)}`, t => {
    const made = publications({ userProperties: { note: '{note}' } }).tryOf(one({ note: value }))
    t.deepEqual(made, { kind: 'reject', code: 'mqtt_message_unfit', detail })
  })

for (const [settings, what] of [
  [{ userProperties: { note: '{note}' } }, 'a user property'],
  [{ item: '{"x": {note}}' }, 'an item'],
  [{ item: '{"x": {note}}', format: 'array' }, 'an array']
] as const)
  test(`a value that is nested too deeply to be written makes ${what} unfit, and nothing else`, t => {
    const deep = `{"note":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    const made = publications(settings).tryOf(one(deep))
    t.like(made, { kind: 'reject', code: 'mqtt_message_unfit' })
    t.regex('detail' in made ? made.detail : '', /nothing can be made of it: .*stack/)
  })

for (const [ageMs, seconds] of [
  [-1_000_000_000_000_000, 600], // microseconds taken for milliseconds
  [-5_000, 600],
  [0, 600],
  [1, 600],
  [1_000, 599],
  [599_500, 1],
  [700_000, 1]
] as const) {
  test(`a message that Kafka got ${ageMs} ms ago expires in ${seconds} s, of 600`, t => {
    const messages = messagesOf(['{}'], { timestampMs: clock.now() - ageMs })
    const { properties } = publications({ expires: true }, { ttlMs: 600_000 }).of(messages)
    t.deepEqual(properties, { messageExpiryInterval: seconds })
  })
}

test('an expiry is never more than four bytes hold', t => {
  const { properties } = publications({ expires: true }, { ttlMs: 1e15 }).of(
    messagesOf(['{}'], { timestampMs: clock.now() })
  )
  t.deepEqual(properties, { messageExpiryInterval: 0xffffffff })
})

test('what a replay sends does not expire, and is marked as such', t => {
  const { properties } = publications({ expires: true }, { replay: 'again' }).of(one({}))
  t.deepEqual(properties, { userProperties: { 'tailrace-replay': 'again' } })
})

testProp(
  'the size of a PUBLISH is what the package writes',
  [
    fc.record({
      topic: fc
        .string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
        .map(text => text.replace(/[#+\0{}]/g, '_')),
      length: fc.oneof(fc.nat(200), fc.nat(20_000), fc.constantFrom(2_097_000, 2_097_140, 2_097_151)),
      contentType: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      userProperties: fc.dictionary(
        fc.string({ minLength: 1 }),
        fc.string().map(text => text.replace(/[{}]/g, '_'))
      ),
      expires: fc.boolean()
    }),
    fc.record({ qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2), version: fc.constantFrom<4 | 5>(4, 5) })
  ],
  (t, { topic, length, contentType, userProperties, expires }, { qos, version }) => {
    const settings =
      version === 4 ? { topic } : { topic, userProperties, expires, ...(contentType && { contentType }) }
    const publication = publications(settings, { version, ttlMs: 1_000 }).of(messagesOf(['x'.repeat(length)]))
    const { payload, properties } = publication
    const packet = { cmd: 'publish', topic, payload, qos, messageId: 7, dup: false, retain: false } as const
    const written = mqttPacket.generate(properties === null ? packet : { ...packet, properties }, {
      protocolVersion: version
    })
    t.is(publishBytes(publication, qos), written.length)
  },
  { numRuns: 300 }
)

testProp(
  'messages travel together by topic, each once, those of a device in order',
  [fc.array(fc.record({ device: fc.nat(3), topic: fc.nat(2), alone: fc.boolean() }), { maxLength: 30 })],
  (t, list) => {
    const messages = messagesOf(
      list.map(({ topic }) => JSON.stringify({ topic: `t${topic}` })),
      { keys: list.map(({ device }) => `d${device}`) }
    )
    const isAlone = (at: number) => list[at]?.alone === true && list[at]?.device === 0
    const groups = publications({ topic: '{topic}', format: 'array' }).group(messages, message =>
      isAlone(message.offset)
    )
    const order = groups.flat()
    t.deepEqual(
      [...order].sort((a, b) => a - b),
      [...messages.keys()]
    )
    for (const group of groups) {
      t.is(new Set(group.map(at => list[at]?.topic)).size, 1)
      if (group.some(isAlone)) t.is(group.length, 1)
    }
    for (const device of [0, 1, 2, 3]) {
      const own = order.filter(at => list[at]?.device === device)
      t.deepEqual(
        own,
        [...own].sort((a, b) => a - b)
      )
    }
  }
)

test('one message a PUBLISH is the default, and one topic means one PUBLISH for a batch', t => {
  t.deepEqual(
    publications({}).group(two, () => false),
    [[0], [1], [2]]
  )
  t.deepEqual(
    publications({ format: 'array' }).group(two, () => false),
    [[0, 1, 2]]
  )
  t.deepEqual(
    publications({ format: 'array', topic: '{ident}' }).group(two, () => false),
    [[0, 2], [1]]
  )
})
