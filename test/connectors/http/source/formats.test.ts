// Messages as Traccar forwards them and as OsmAnd and the Traccar client send them.

import test from 'ava'
import { WebhookSigner } from '../../../../connectors/http/auth/webhook-signature.ts'
import type { HttpSourceConfig } from '../../../../connectors/http/source/config.ts'
import { type Harness, receivedAtMs, startSource } from '../source-harness.ts'

/** As Traccar 6 forwards a position; the numbers are chosen so that rounding would show. */
const forwarded = `{"position":{"id":0,"attributes":{"sat":9,"ignition":true,"batteryLevel":81.50,"serial":90071992547409931,
"io \\"x\\"":{"a":[1]}},"deviceId":12,"protocol":"teltonika","serverTime":"2026-01-31T08:00:02.000+00:00",
"deviceTime":"2026-01-31T08:00:00.250+00:00","fixTime":"2026-01-31T07:59:59.000+00:00","outdated":false,"valid":true,
"latitude":52.520008,"longitude":13.40,"altitude":34.0,"speed":40.5,"course":271.0,"address":null,"accuracy":0.0},
"device":{"id":12,"name":"Truck 12","uniqueId":"868647414815077","attributes":{"axles":5}}}`

async function stored(harness: Harness, response: Promise<Response> | Response) {
  const answer = await response
  const [message] = harness.stored.slice(-1)
  return {
    status: answer.status,
    message: message && JSON.parse(message.value.toString()),
    key: message?.key.toString()
  }
}

async function refusal(response: Promise<Response>) {
  const answer = await response
  const { error } = (await answer.json()) as { error: { code: string; entries?: { reason: string }[] } } // of the one shape
  return [answer.status, error.code, error.entries?.[0]?.reason]
}

test('a position that Traccar forwards becomes a message, and keeps all that it has', async t => {
  const harness = await startSource(t, { config: { format: 'traccar' } })
  const { status, message, key } = await stored(harness, harness.post(forwarded))
  t.deepEqual([status, key], [200, '868647414815077'])
  t.deepEqual(message, {
    'position.satellites': 9,
    'engine.ignition.status': true,
    'battery.level': 81.5,
    'traccar.position.id': 0,
    'traccar.position.attributes.serial': Number('90071992547409931'),
    'traccar.position.attributes.io "x"': { a: [1] },
    'traccar.position.deviceId': 12,
    'traccar.position.protocol': 'teltonika',
    'traccar.position.serverTime': '2026-01-31T08:00:02.000+00:00',
    'traccar.position.deviceTime': '2026-01-31T08:00:00.250+00:00',
    'traccar.position.fixTime': '2026-01-31T07:59:59.000+00:00',
    'traccar.position.outdated': false,
    'position.valid': true,
    'position.latitude': 52.520008,
    'position.longitude': 13.4,
    'position.altitude': 34,
    'position.speed': 75.006,
    'position.direction': 271,
    'traccar.position.address': null,
    'position.accuracy': 0,
    'traccar.device.id': 12,
    'device.name': 'Truck 12',
    ident: '868647414815077',
    'traccar.device.attributes': { axles: 5 },
    timestamp: 1769846400.25
  })
  const [text = ''] = harness.values
  t.true(text.includes(':90071992547409931,') && text.includes(':81.50,') && text.includes(':13.40,'))
})

test('an event that Traccar forwards is a message, too, and several come in an array or in lines', async t => {
  const harness = await startSource(t, { config: { format: 'traccar' } })
  const event = `{"event":{"id":3,"type":"geofenceExit","eventTime":"2026-01-31T08:00:00Z"},"device":{"uniqueId":"a"}}`
  const { message } = await stored(harness, harness.post(event))
  t.deepEqual(message, {
    'traccar.event.id': 3,
    'event.type': 'geofenceExit',
    'traccar.event.eventTime': '2026-01-31T08:00:00Z',
    ident: 'a',
    timestamp: 1769846400
  })
  const several = await harness.post(`[${event},${forwarded}]`)
  t.deepEqual(await several.json(), { accepted: 2 })
  const lines = await harness.post(`${event}\n${event}\n`, { 'content-type': 'application/jsonl' })
  t.deepEqual(await lines.json(), { accepted: 2 })
})

test('what is not of Traccar is refused with what is missing', async t => {
  const harness = await startSource(t, { config: { format: 'traccar' } })
  const reasons: [body: string | Buffer, reason: RegExp][] = [
    ['{"ident":"a"}', /^it has neither position nor event$/],
    ['{"position":{}}', /^device\.uniqueId is missing$/],
    ['{"position":{},"device":{"uniqueId":7}}', /^ident must be a string$/],
    ['{"position":{"deviceTime":"yesterday"},"device":{"uniqueId":"a"}}', /^timestamp must be/],
    ['[7]', /^it is not a JSON object$/],
    ['{"position":}', /^it is not JSON/],
    [Buffer.from('{"position":{},"device":{"uniqueId":"\xff"}}', 'latin1'), /^it is not UTF-8$/]
  ]
  for (const [body, reason] of reasons) {
    const [status, code, given] = await refusal(harness.post(body))
    t.deepEqual([status, code], [400, 'message_invalid'])
    t.regex(String(given), reason)
  }
  t.deepEqual(harness.values, [])
})

const osmand: Partial<HttpSourceConfig> = { format: 'osmand', tokens: ['secret-token'] }
const withToken = (harness: Harness, query: string) => `${harness.url}?token=secret-token&${query}`

test('the parameters of a URL are a message, by GET and by POST', async t => {
  const harness = await startSource(t, { config: osmand })
  const query =
    'id=0123&lat=52.5200080&lon=-13.4&timestamp=1769846400&speed=40.5&bearing=271&altitude=34&accuracy=5&hdop=0.9&batt=81.5&driverUniqueId=7&charge=true&odo=0012&n=12'
  const expected = {
    ident: '0123',
    'position.latitude': 52.520008,
    'position.longitude': -13.4,
    timestamp: 1769846400,
    'position.speed': 75.006,
    'position.direction': 271,
    'position.altitude': 34,
    'position.accuracy': 5,
    'position.hdop': 0.9,
    'battery.level': 81.5,
    'driver.id': '7',
    'osmand.charge': true,
    'osmand.odo': '0012',
    'osmand.n': 12
  }
  for (const method of ['GET', 'POST']) {
    const sent = await stored(harness, fetch(withToken(harness, query), { method }))
    t.deepEqual(sent, { status: 200, message: expected, key: '0123' })
  }
  const form = await stored(
    harness,
    fetch(withToken(harness, ''), { method: 'POST', body: new URLSearchParams(query) })
  )
  t.deepEqual(form.message, expected)
  t.true(harness.values[0]?.includes('52.5200080'))
  t.false(harness.values.some(value => value.includes('secret-token')))
})

test('times may be in seconds, in milliseconds, in ISO 8601 or with a blank', async t => {
  const harness = await startSource(t, { config: osmand })
  const times: [written: string, seconds: number][] = [
    ['1769846400', 1769846400],
    ['1769846400250', 1769846400.25],
    ['2026-01-31T08:00:00.250Z', 1769846400.25],
    ['2026-01-31 08:00:00', 1769846400]
  ]
  for (const [written, seconds] of times) {
    const query = `id=a&timestamp=${encodeURIComponent(written)}`
    const { message } = await stored(harness, fetch(withToken(harness, query)))
    t.is(message?.timestamp, seconds, written)
  }
  const { message } = await stored(harness, fetch(withToken(harness, 'id=a')))
  t.is(message.timestamp, 1_700_000_000.123)
})

test('parameters that cannot be right are refused with their name', async t => {
  const harness = await startSource(t, { config: osmand })
  const reasons: [query: string, reason: string][] = [
    ['lat=1', 'id is missing'],
    ['id=', 'ident is empty'],
    ['id=a%ff', 'it is not UTF-8'],
    ['id=a&lat=north', 'lat must be a number'],
    ['id=a&lat=', 'lat must be a number'],
    ['id=a&lat=1&lat=2', 'lat is given twice'],
    ['id=a&deviceid=b', 'ident is given twice'],
    ['id=a&bearing=1&heading=2', 'position.direction is given twice']
  ]
  for (const [query, reason] of reasons)
    t.deepEqual(await refusal(fetch(withToken(harness, query))), [400, 'message_invalid', reason])
  t.deepEqual(await refusal(fetch(`${harness.url}?id=a`)), [401, 'token_refused', undefined])
  const put = await fetch(withToken(harness, 'id=a'), { method: 'PUT' })
  t.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, POST'])
})

test('the JSON of the Traccar client is a message, in metres a second', async t => {
  const harness = await startSource(t, { config: { format: 'osmand' } })
  const location = {
    timestamp: '2026-01-31T08:00:00.250Z',
    coords: { latitude: 52.52, longitude: 13.4, accuracy: 5, speed: 10.25, heading: -1, altitude: 34 },
    is_moving: true,
    battery: { level: 0.815, is_charging: false },
    extras: { trip: 7 }
  }
  const { message } = await stored(harness, harness.post(JSON.stringify({ location, device_id: 'phone' })))
  t.deepEqual(message, {
    timestamp: 1769846400.25,
    'position.latitude': 52.52,
    'position.longitude': 13.4,
    'position.accuracy': 5,
    'position.speed': 36.9,
    'osmand.location.coords.heading': -1,
    'position.altitude': 34,
    'osmand.location.is_moving': true,
    'battery.level': 81.5,
    'osmand.location.battery.is_charging': false,
    'osmand.location.extras.trip': 7,
    ident: 'phone'
  })
  t.deepEqual(await refusal(harness.post('{"device_id":"a"}')), [
    400,
    'message_invalid',
    'location is missing'
  ])
  t.deepEqual(await refusal(harness.post('{"location":{}}')), [
    400,
    'message_invalid',
    'device_id is missing'
  ])
})

test("the array that flespi's streams send is taken as it is", async t => {
  const harness = await startSource(t)
  const sent =
    '[{"channel.id":5,"codec.id":8,"device.id":77,"device.name":"Truck","ident":"868647414815077","peer":"1.2.3.4:5","position.latitude":54.7,"protocol.id":14,"server.timestamp":1681282190.123456,"timestamp":1681282189}]'
  t.is((await harness.post(sent)).status, 200)
  t.deepEqual(harness.values, [sent.slice(1, -1)])
})

test('parameters without number are refused before they take long', async t => {
  const harness = await startSource(t, {
    config: { format: 'osmand', maxBodyBytes: 1_000_000, maxInflatedBytes: 1_000_000 }
  })
  const many = (count: number) => Array.from({ length: count }, (_, at) => `p${at}=1`).join('&')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await harness.post(many(50_000), form)
  t.is(response.status, 413)
  t.is((await harness.post(`id=a&${many(1_000)}`, form)).status, 200)
})

test('with a signature only what is signed counts', async t => {
  const webhookSignature = { secrets: [`whsec_${Buffer.alloc(24, 7).toString('base64')}`] }
  const harness = await startSource(t, { config: { format: 'osmand', webhookSignature } })
  const signer = new WebhookSigner(webhookSignature.secrets)
  const send = (query: string, form: string) => {
    const pairs = signer.headers('msg_1', Buffer.from(form), receivedAtMs)
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
    for (let at = 0; at < pairs.length; at += 2) headers.set(pairs[at] ?? '', pairs[at + 1] ?? '')
    return fetch(`${harness.url}?${query}`, { method: 'POST', body: form, headers })
  }
  t.is((await send('lat=1', 'id=a')).status, 200)
  t.deepEqual(JSON.parse(harness.values[0] ?? ''), { ident: 'a', timestamp: receivedAtMs / 1000 })
  t.is((await send('id=forged', '')).status, 400)
})
