// What we sign and wrap is checked by the libraries that receivers use, and against published vectors.

import test from 'ava'
import { CloudEvent, HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { AwsSigner } from '../../../../connectors/http/auth/aws-signature.ts'
import { WebhookSigner } from '../../../../connectors/http/auth/webhook-signature.ts'
import type { Received } from '../../../../connectors/http/double.ts'
import { batchFrom, messagesOf } from '../../../messages.ts'
import { doubleWith, targetAt } from '../harness.ts'

const ok = { kind: 'answer', status: 200 } as const
const oldSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw=='
const newSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const unhurried = () => new AbortController().signal

test('the vector of the reference library', t => {
  const signer = new WebhookSigner([oldSecret])
  const headers = signer.headers(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    Buffer.from('{"test": 2432232314}'),
    1_614_265_330_999
  )
  t.deepEqual(headers, [
    ...['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp', '1614265330'],
    ...['webhook-signature', 'v1,/Xy7FLfFISa1TZH7WLT+0x/orG5MlcutAFOpVan3/00=']
  ])
})

test('Standard Webhooks takes what was sent, with the old secret and the new one, and not with another', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, double.url, { webhookSignature: { secrets: [newSecret, oldSecret] } })
  const batch = batchFrom(messagesOf(['{"ident":"1","note":"ä"}', '{"ident":"2"}']))
  t.like(await target.deliver(batch, unhurried()), { kind: 'delivered' })
  t.like(await target.deliver(batch, unhurried()), { kind: 'delivered' })
  for (const { body, headers } of ledger)
    for (const secret of [oldSecret, newSecret])
      t.deepEqual(new Webhook(secret).verify(body, headers as Record<string, string>), [
        { ident: '1', note: 'ä' },
        { ident: '2' }
      ])
  const [one, other] = ledger
  t.is(one?.headers['webhook-id'], other?.headers['webhook-id'])
  const stranger = new Webhook(`whsec_${Buffer.alloc(24, 1).toString('base64')}`)
  t.throws(() => stranger.verify(one?.body ?? '', one?.headers as Record<string, string>))
  const altered = Buffer.concat([one?.body ?? Buffer.alloc(0), Buffer.from(' ')])
  t.throws(() => new Webhook(newSecret).verify(altered, one?.headers as Record<string, string>))
})

/** What the library makes of a request. */
function eventsOf({ headers, body }: Received): CloudEvent<unknown>[] {
  const made = HTTP.toEvent<unknown>({ headers, body: body.toString() })
  return [made].flat().map(event => event as CloudEvent<unknown>) // its class, of which toEvent() gives the interface
}

const values = ['{"ident":"veh 1","n":1}', '{"ident":"veh 1","n":{"deep":[2]}}']
const keyed = () =>
  messagesOf(values, { keys: ['vé"h %1', 'vé"h %1'], firstOffset: 5, timestampMs: 1_700_000_000_123 })

test('a batch of CloudEvents is one to their library', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, double.url, { format: 'cloudevents' })
  t.like(await target.deliver(batchFrom(keyed()), unhurried()), { kind: 'delivered' })
  const events = ledger.flatMap(eventsOf)
  t.is(events.length, 2)
  events.forEach((event, at) => {
    t.true(event instanceof CloudEvent && event.validate())
    t.like(event, {
      ...{ id: `fleet-0-${5 + at}`, source: '/tailrace/acme', type: 'tailrace.message', subject: 'vé"h %1' },
      ...{ time: '2023-11-14T22:13:20.123Z', datacontenttype: 'application/json' }
    })
    t.deepEqual(event.data, JSON.parse(values[at] ?? ''))
  })
})

test('one CloudEvent in binary mode is one to their library', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const settings = { source: 'https://acme.example/fleet', type: 'com.acme.position' }
  const target = targetAt(t, double.url, { format: 'cloudevent', cloudEvents: settings })
  const [message] = keyed()
  if (message === undefined) return t.fail('there is no message')
  t.like(await target.deliver(batchFrom([message]), unhurried()), { kind: 'delivered' })
  t.is(ledger[0]?.headers['ce-subject'], 'v%C3%A9%22h%20%251')
  const [event] = ledger.flatMap(eventsOf)
  if (event === undefined) return t.fail('it is no event')
  t.true(event.validate())
  t.like(event, {
    id: 'fleet-0-5',
    source: 'https://acme.example/fleet',
    type: 'com.acme.position',
    specversion: '1.0'
  })
  t.deepEqual(event.data, { ident: 'veh 1', n: 1 })
})

// The key and the time of the test suite that AWS has published for Signature Version 4.
const suite = {
  ...{ service: 'service', region: 'us-east-1', accessKeyId: 'AKIDEXAMPLE' },
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
}
const suiteMs = Date.UTC(2015, 7, 30, 12, 36, 0)

// Those of its cases that are a request of ours: a method, a path, no header of their own.
const suiteCases: readonly [name: string, method: string, path: string, signature: string][] = [
  ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-vanilla-query',
    'POST',
    '/?Param1=value1',
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11'
  ],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'
  ],
  [
    'get-vanilla-utf8-query',
    'GET',
    '/?%E1%88%B4=bar',
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'
  ]
]

for (const [name, method, path, signature] of suiteCases) {
  test(`the vector ${name} of the AWS suite`, t => {
    const request = { method, host: 'example.amazonaws.com', path, body: Buffer.alloc(0), contentType: '' }
    const headers = new AwsSigner(suite).headers(request, suiteMs)
    t.is(headers[headers.indexOf('x-amz-date') + 1], '20150830T123600Z')
    const scope = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request'
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`
    t.is(headers[headers.indexOf('authorization') + 1], authorization)
  })
}

test('a request that is signed for AWS arrives as it was signed', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, `${double.url}/in/{ident}?b=2&a=1`, {
    awsSignature: { ...suite, sessionToken: 'temporary' }
  })
  const batch = batchFrom(messagesOf(['{"n":1}'], { keys: ['veh 1'] }))
  t.like(await target.deliver(batch, unhurried()), { kind: 'delivered' })
  const [received] = ledger
  if (received === undefined) return t.fail('nothing has arrived')
  const { path, body, method } = received
  const headers = received.headers as Record<string, string>
  const signedMs = Date.parse(
    String(headers['x-amz-date']).replace(/^(....)(..)(..T..)(..)(.*)$/, '$1-$2-$3:$4:$5')
  )
  const contentType = String(headers['content-type'])
  const again = new AwsSigner({ ...suite, sessionToken: 'temporary' }).headers(
    { method, host: String(headers.host), path, body, contentType },
    signedMs
  )
  t.is(headers.authorization, again[again.indexOf('authorization') + 1])
  t.is(headers['x-amz-security-token'], 'temporary')
  t.regex(String(headers.authorization), /SignedHeaders=content-length;content-type;host;x-amz-date/)
})
