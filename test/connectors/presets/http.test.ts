// The presets of the HTTP target: what a receiver gets of two messages, and what becomes of them when it refuses as the
// platform does.

import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import type { Received, Reply } from '../../../connectors/http/double.ts'
import { doubleWith } from '../http/harness.ts'
import { startSource } from '../http/source-harness.ts'
import { manyOf, truck, truckMs, van, vanMs } from './messages.ts'
import { pageOf, pages, secretOf } from './pages.ts'
import { type Given, play } from './play.ts'

const status = (code: number): Reply => ({ kind: 'answer', status: code })
const nothing = { delivered: 0, filtered: 0, held: 0, deadLetters: [], trouble: null }

interface Sending {
  readonly reply?: (request: Received) => Reply
  readonly messages?: readonly Given[]
}

/** A receiver, and what it gets when the messages go through the lines of a page. */
async function sent(
  t: ExecutionContext,
  name: string,
  { reply = () => status(200), messages = [truck, van] }: Sending = {}
) {
  const { double, ledger } = await doubleWith(t, [], { reply })
  const played = await play(t, pageOf(name), { url: double.url, messages })
  return { played, ledger, paths: ledger.map(({ path }) => path).toSorted() }
}

const jsonOf = ({ body }: Received): unknown => JSON.parse(body.toString())

for (const page of ['http/flespi.md', 'http/traccar.md']) {
  test(`${page}: the array as it is, and only 200 confirms it`, async t => {
    const { played, ledger, paths } = await sent(t, page)
    t.deepEqual(played, { ...nothing, delivered: 2 })
    t.deepEqual(paths, ['/'])
    t.is(ledger[0]?.method, 'POST')
    t.is(ledger[0]?.headers['content-type'], 'application/json')
    t.is(ledger[0]?.body.toString(), `[${JSON.stringify(truck)},${JSON.stringify(van)}]`)
    const { double, ledger: tries } = await doubleWith(t, status(202))
    const isOver = () => tries.length > 1
    const other = await play(t, pageOf(page), { url: double.url, messages: [truck], isOver })
    t.is(other.delivered, 0)
  })
}

test('http/thingsboard.md: the path of the device, its values with their time', async t => {
  const { played, ledger, paths } = await sent(t, 'http/thingsboard.md')
  t.deepEqual(played, { ...nothing, delivered: 2 })
  t.deepEqual(paths, [`/api/v1/${van.ident}/telemetry`, `/api/v1/${truck.ident}/telemetry`])
  const bodies = new Map(ledger.map(one => [one.path, jsonOf(one)]))
  t.deepEqual(bodies.get(`/api/v1/${truck.ident}/telemetry`), [{ ts: truckMs, values: truck }])
  t.deepEqual(bodies.get(`/api/v1/${van.ident}/telemetry`), [{ ts: vanMs, values: van }])
})

test('http/thingsboard.md: no body is larger than ThingsBoard takes', async t => {
  const { played, ledger } = await sent(t, 'http/thingsboard.md', { messages: manyOf(300, 2) })
  t.is(played.delivered, 300)
  t.true(ledger.length > 2)
  t.true(Math.max(...ledger.map(({ body }) => body.length)) <= 65_536)
})

test('http/thingsboard.md: a token that is not known there holds its device', async t => {
  const { played } = await sent(t, 'http/thingsboard.md', {
    reply: ({ path }) => status(path.includes(van.ident) ? 401 : 200)
  })
  t.deepEqual(played, { ...nothing, delivered: 1, held: 1 })
})

test('http/traccar-osmand.md: a form for each position, with knots, milliseconds and no field that is missing', async t => {
  const { played, ledger, paths } = await sent(t, 'http/traccar-osmand.md')
  t.deepEqual(played, { ...nothing, delivered: 2 })
  t.deepEqual(paths, ['/', '/'])
  t.is(ledger[0]?.headers['content-type'], 'application/x-www-form-urlencoded')
  const forms = ledger.map(({ body }) => body.toString()).toSorted()
  t.deepEqual(forms, [
    'id=352093081429150&timestamp=1681282190000&batt=92.6',
    'id=868647414815077&timestamp=1681282189500&lat=52.520008&lon=13.404954&speed=40&bearing=0.2&altitude=34&hdop=0.8&valid=true&ignition=true'
  ])
})

test('http/traccar-osmand.md: a device that is not known there is held', async t => {
  const { played } = await sent(t, 'http/traccar-osmand.md', {
    reply: ({ body }) => status(body.includes(van.ident) ? 400 : 200)
  })
  t.deepEqual(played, { ...nothing, delivered: 1, held: 1 })
})

test('http/navixy.md: an object for each message, a heading from 1 to 360, and no location without a position', async t => {
  const north = { ...truck, 'position.direction': 359.7 }
  const west = { ...truck, 'position.direction': 270.4 }
  const { played, ledger, paths } = await sent(t, 'http/navixy.md', { messages: [truck, north, west, van] })
  t.deepEqual(played, { ...nothing, delivered: 4 })
  t.deepEqual(new Set(paths), new Set(['/']))
  t.is(ledger[0]?.headers['content-type'], 'application/json')
  const location = {
    ...{ latitude: 52.520008, longitude: 13.404954, altitude: 34 },
    ...{ satellites: 11, hdop: 0.8, speed: 74.08, heading: 360 }
  }
  const expected = {
    ...{ message_time: '2023-04-12T06:49:49.500Z', device_id: truck.ident, location },
    ...{ board_voltage: 13.9, input_status: 3 }
  }
  const bodies = ledger.map(jsonOf) as { device_id: string }[] // as the page makes them
  t.deepEqual(
    bodies.filter(body => body.device_id === truck.ident),
    [expected, expected, { ...expected, location: { ...location, heading: 270 } }]
  )
  t.deepEqual(
    bodies.filter(body => body.device_id === van.ident),
    [{ message_time: '2023-04-12T06:49:50Z', device_id: van.ident, battery_level: 93 }]
  )
})

test('http/navixy.md: a device that is not known there is held, and what can never be taken is set aside', async t => {
  const answers = new Map([
    [van.ident, 403],
    ['broken', 400]
  ])
  const { played } = await sent(t, 'http/navixy.md', {
    reply: request => {
      const { device_id } = jsonOf(request) as { device_id: string } // as the page makes it
      return status(answers.get(device_id) ?? 200)
    },
    messages: [truck, van, { ...van, ident: 'broken' }]
  })
  t.deepEqual(played, { ...nothing, delivered: 1, held: 1, deadLetters: ['http_rejected'] })
})

test('http/ubidots.md: the address of the device, the token, and dots with their time', async t => {
  const { played, ledger, paths } = await sent(t, 'http/ubidots.md', {
    reply: ({ headers }) => status(headers['x-auth-token'] === secretOf('UBIDOTS_TOKEN') ? 200 : 401)
  })
  t.deepEqual(played, { ...nothing, delivered: 1, filtered: 1 })
  t.deepEqual(paths, [`/api/v1.6/devices/${truck.ident}/`])
  t.deepEqual(ledger.map(jsonOf), [
    {
      position: { value: 1, timestamp: truckMs, context: { lat: 52.520008, lng: 13.404954 } },
      speed: { value: 74.08, timestamp: truckMs }
    }
  ])
})

test('http/ubidots.md: a wrong token halts, and 429 lets wait', async t => {
  const { played } = await sent(t, 'http/ubidots.md', { reply: () => status(401) })
  t.deepEqual(played, { ...nothing, filtered: 1, trouble: 'http_unauthorized' })
  let requests = 0
  const throttled = await sent(t, 'http/ubidots.md', {
    reply: () => status(++requests === 1 ? 429 : 200)
  })
  t.deepEqual(throttled.played, { ...nothing, delivered: 1, filtered: 1 })
  t.is(throttled.ledger.length, 2)
})

test('http/webhook.md: an object that is signed, and a wrong key is found out', async t => {
  const { ledger } = await sent(t, 'http/webhook.md')
  const [{ body, headers } = { body: Buffer.alloc(0), headers: {} }] = ledger
  const signed = headers as Record<string, string> // those of the signature are
  const read = new Webhook(secretOf('webhook')).verify(body, signed)
  t.deepEqual(read, { type: 'telemetry', batch: signed['webhook-id'], messages: [truck, van] })
  const other = new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`)
  t.throws(() => other.verify(body, signed), { message: /No matching signature/ })
})

for (const page of ['http/flespi.md', 'http/traccar.md']) {
  test(`${page}: what it sends is what our source takes`, async t => {
    const source = await startSource(t)
    const played = await play(t, pageOf(page), { url: source.url, messages: [truck, van] })
    t.is(played.delivered, 2)
    t.deepEqual(
      source.values.map(value => JSON.parse(value).ident),
      [truck.ident, van.ident]
    )
  })
}

test('http/traccar-osmand.md: what it sends is what our source of that format takes, in km/h again', async t => {
  const source = await startSource(t, { config: { format: 'osmand' } })
  const played = await play(t, pageOf('http/traccar-osmand.md'), { url: source.url, messages: [truck] })
  t.is(played.delivered, 1)
  const [value = '{}'] = source.values
  t.like(JSON.parse(value), {
    ident: truck.ident,
    timestamp: truck.timestamp,
    'position.latitude': truck['position.latitude'],
    'position.speed': truck['position.speed']
  })
})

test('every page delivers to a receiver that takes everything', async t => {
  // That of toll systems wants an answer for each position, and has tests of its own.
  const others = pages.filter(({ name }) => name.startsWith('http/') && name !== 'http/toll.md')
  for (const { name } of others) {
    const { played } = await sent(t, name)
    t.is(played.delivered + played.filtered, 2, name)
    t.true(played.delivered > 0, name)
  }
})
