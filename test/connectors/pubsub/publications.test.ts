// What cannot be sent is refused by itself, with the reason, before it could cost the messages beside it their request.

import test from 'ava'
import { Value } from 'typebox/value'
import type { Message } from '../../../connectors/connector.ts'
import { Publications } from '../../../connectors/pubsub/publish/publications.ts'
import { Requests } from '../../../connectors/pubsub/publish/requests.ts'
import { pubsubTargetSchema } from '../../../connectors/pubsub/target-config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { makeCertificates } from '../../certificates.ts'
import { messagesOf } from '../../messages.ts'
import { doubleWith, messagesNamed, outcomesOf, targetWith } from './harness.ts'
import { keyFile, keys } from './under-test.ts'

type Settings = Readonly<Record<string, unknown>>

function publicationsWith(settings: Settings): Publications {
  const given = { project: 'acme-prod', topic: 'telemetry', ...settings }
  return new Publications(Value.Parse(pubsubTargetSchema, Value.Default(pubsubTargetSchema, given)), {})
}

const messageOf = (value: string, key = 'a') => messagesOf([value], { keys: [key] })[0]

const unfit: readonly [title: string, settings: Settings, value: string, reason: RegExp][] = [
  [
    'an attribute of more than 1,024 bytes',
    { attributes: { note: '{note}' } },
    `{"note":"${'ł'.repeat(513)}"}`,
    /^its attribute note has 1026 bytes, at most 1024$/
  ],
  [
    'an ordering key of more than 1,024 bytes',
    { orderingKey: '{trip}-{leg}' },
    `{"trip":"${'x'.repeat(1_020)}","leg":"12345"}`,
    /^its ordering key has 1026 bytes, at most 1024$/
  ],
  ['an ordering key of a field that is missing', { orderingKey: '{trip}' }, '{}', /^trip is missing$/],
  ['neither a value nor attributes', { idAttribute: '' }, '', /^it has neither a value nor attributes$/],
  [
    'a topic of a field that is no text',
    { topic: 'fleet-{a}' },
    '{"a":[1]}',
    /^a is no text, number or boolean$/
  ],
  [
    'a field that leads to another project',
    { topic: 'fleet-{a}' },
    '{"a":"x/topics/y"}',
    /is no name of a topic/
  ]
]

for (const [title, settings, value, reason] of unfit)
  test(`${title}: the message is unfit`, t => {
    const message = messageOf(value) ?? t.fail()
    const error = t.throws(() => publicationsWith(settings).of(message), { instanceOf: FaultError })
    t.is(error?.code, 'pubsub_message_unfit')
    t.regex(error?.detail ?? '', reason)
  })

test('what has just the size that may be is sent', t => {
  const publications = publicationsWith({ attributes: { note: '{note}' }, orderingKey: '{key}' })
  const [note, key] = ['x'.repeat(1_024), 'k'.repeat(1_024)]
  const publication = publications.of(messageOf(JSON.stringify({ note, key })) ?? t.fail())
  t.is(publication.attributes.note, note)
  t.is(publication.orderingKey, key)
})

test('a message without value is sent for its attributes', t => {
  const publication = publicationsWith({}).of(messageOf('') ?? t.fail())
  t.is(publication.data.length, 0)
  t.deepEqual(publication.attributes, { 'message-id': 'fleet-0-0' })
})

/** Requests as the names of their messages, with the places of those that they wait for. */
function requestsOf(publications: Publications, messages: readonly Message[]): string[] {
  const requests = new Requests()
  messages.forEach((message, at) => {
    requests.add(message, { at, publication: publications.of(message) })
  })
  const name = (at: number) => JSON.parse(messages[at]?.value().toString() ?? '').n
  return requests.list.map(
    ({ entries, after }) => `${entries.map(({ at }) => name(at)).join(' ')} after [${[...after].join(' ')}]`
  )
}

test('a device that changes its ordering key never overtakes itself', t => {
  const publications = publicationsWith({ orderingKey: '{trip}' })
  const trips: readonly [key: string, trip: string][] = [
    ['a', 'x'],
    ['b', 'y'],
    ['a', 'y'],
    ['b', 'x'],
    ['a', 'y'],
    ['a', 'x']
  ]
  const messages = messagesOf(
    trips.map(([key, trip], at) => `{"n":"${key}${at}","trip":"${trip}"}`),
    { keys: trips.map(([key]) => key) }
  )
  t.deepEqual(requestsOf(publications, messages), ['a0 after []', 'b1 a2 a4 after [0]', 'b3 a5 after [0 1]'])
})

test('an answer that quotes the key of the account is told without it', async t => {
  const certificates = makeCertificates()
  const double = await doubleWith(t, {
    tls: certificates,
    keys: { k1: keys.publicKey },
    reply: () => ({ kind: 'status', code: 3, details: `odd: ${JSON.stringify(keys.privateKey)}` })
  })
  const target = await targetWith(t, {
    endpoint: `localhost:${double.port}`,
    tls: { ca: certificates.ca },
    credentials: keyFile('k1')
  })
  const [outcome] = await outcomesOf(target, messagesNamed('a1'))
  t.like(outcome, { kind: 'reject', code: 'pubsub_rejected' })
  t.regex(JSON.stringify(outcome), /odd: .*\*\*\*/)
  t.notRegex(JSON.stringify(outcome), /PRIVATE KEY/)
})

test('half of a surrogate pair in an attribute travels as the sign for what is no text', t => {
  const publications = publicationsWith({ attributes: { name: '{name}' } })
  const message = messageOf('{"name":"a\\ud800b😀"}')
  t.is(message && publications.of(message).attributes.name, 'a\ufffdb😀')
})
