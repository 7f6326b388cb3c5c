// The preset for toll systems, against a double that wants what they want: a client certificate, a signature, every
// field, and positions that are not too old; it says of each position what became of it.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { TollDouble } from '../../flows/promises/toll/double.ts'
import { TollOffice } from '../../flows/promises/toll/office.ts'
import { codeBlocks } from '../../markdown.ts'
import { seeded } from '../../seeded.ts'
import { doubleWith } from '../http/harness.ts'
import { truck, van } from './messages.ts'
import { type Page, pageOf, secretOf } from './pages.ts'
import { play } from './play.ts'

const nothing = { delivered: 0, filtered: 0, held: 0, deadLetters: [], trouble: null }
const page = pageOf('http/toll.md')
const certificates = {
  ca: secretOf('toll-ca.pem'),
  cert: secretOf('toll.crt'),
  key: secretOf('toll-key.pem')
}

const nowSeconds = () => Math.floor(Date.now() / 1000)
/** The truck so many seconds ago. */
const seen = (agoSeconds: number, more: Readonly<Record<string, unknown>> = {}) => ({
  ...truck,
  timestamp: nowSeconds() - agoSeconds,
  ...more
})

async function officeWith(t: ExecutionContext, settings: { readonly refusedShare?: number } = {}) {
  const office = new TollOffice({
    ...{ now: Date.now, random: seeded(1), maxAgeMs: 10 * 86_400_000, refusedShare: 0, busyShare: 0 },
    ...{ isOnePerVehicle: true, isNumbered: true },
    ...settings
  })
  const secret = secretOf('toll-webhook')
  const double = new TollDouble({ clock: systemClock, office, certificates, secret })
  await double.start()
  t.teardown(() => double.stop())
  return { office, double }
}

test('positions arrive with what is known of the vehicle, each confirmed for itself', async t => {
  const { office, double } = await officeWith(t)
  const [first, second] = [seen(600), seen(100, { 'position.direction': 359.7 })]
  const played = await play(t, page, { url: double.url, messages: [first, second, van] })
  t.deepEqual(played, { ...nothing, delivered: 2 }) // the van has no position, and is of another year
  t.deepEqual(office.complaints, [])
  const [one, two] = office.decided().get('T-0001') ?? []
  t.deepEqual(one, {
    ...{ vehicle: 'T-0001', plate: 'CB 1234 AB', country: 'BG', axles: 4, weightKg: 38000 },
    ...{ emissionClass: 'EURO_6', time: new Date(first.timestamp * 1000).toISOString().replace('.000', '') },
    ...{ latitude: 52.520008, longitude: 13.404954, altitudeM: 34, speedKmh: 74, heading: 0, satellites: 11 },
    ...{ ignition: true, event: 'first', seq: 1, fate: 'accepted' }
  })
  t.like(two, { heading: 0, event: 'time', seq: 2 })
})

test('what is no good fix, too old, a repeat or not needed never gets there', async t => {
  const { office, double } = await officeWith(t)
  const messages = [
    seen(864_010),
    seen(-400),
    seen(90, { 'position.valid': false }),
    seen(90, { 'position.satellites': 3 }),
    seen(90, { 'position.hdop': 7 }),
    seen(80),
    seen(80),
    seen(70),
    seen(60, { 'position.speed': 0 }),
    seen(50, { 'position.speed': 0, 'engine.ignition.status': false })
  ]
  const { delivered, filtered, deadLetters } = await play(t, page, { url: double.url, messages })
  t.deepEqual([delivered, filtered, deadLetters], [3, 5, []])
  const events = office
    .decided()
    .get('T-0001')
    ?.map(({ event }) => event)
  t.deepEqual(events, ['first', 'stop', 'ignition'])
})

test('a vehicle of which an attribute is missing waits, and what is refused is set aside with the reason', async t => {
  const { double } = await officeWith(t, { refusedShare: 1 })
  const stranger = { ...seen(10), ident: '000000000000001' }
  const played = await play(t, page, { url: double.url, messages: [seen(10), stranger] })
  t.deepEqual(played, { ...nothing, held: 1, deadLetters: ['http_rejected'] })
})

test('without a client certificate, or with another key of signatures, nothing is confirmed', async t => {
  const { double } = await officeWith(t)
  const bare: Page = { ...page, text: page.text.replaceAll(/^ +(?:cert|key): "\$\{file.*\n/gm, '') }
  const isOver = () => double.handshakes > 2
  const without = await play(t, bare, { url: double.url, messages: [seen(10)], isOver })
  t.is(without.delivered, 0)
  const text = page.text.replace('file:/run/secrets/toll-webhook', 'env:OTHER')
  const env = { OTHER: `whsec_${Buffer.alloc(32, 9).toString('base64')}` }
  const played = await play(t, { ...page, text }, { url: double.url, messages: [seen(10)], env })
  t.deepEqual(played, { ...nothing, trouble: 'http_unauthorized' })
  t.true(double.unsigned > 0)
})

test('the shape of single positions: one in a request, and the status tells', async t => {
  const single = codeBlocks(page.text, 'yaml').at(-1)?.text ?? ''
  const indented = single
    .trimEnd()
    .replaceAll(/^(?!#)/gm, '      ')
    .replace(/^#.*\n/, '')
  const text = page.text.replace(/^ {4}target:\n(?: {6}.*\n)+/m, `    target:\n${indented}\n`)
  const plain = text.replaceAll(/^ +tls:\n(?: +(?:ca|cert|key): .*\n)+/gm, '')
  const { double, ledger } = await doubleWith(t, [
    { kind: 'answer', status: 201 },
    { kind: 'answer', status: 409 }
  ])
  const messages = [seen(900), seen(100)]
  const played = await play(t, { ...page, text: plain }, { url: double.url, messages })
  t.deepEqual(played, { ...nothing, delivered: 2 })
  t.deepEqual(
    ledger.map(({ body, path }) => [JSON.parse(body.toString()).event, path]),
    [
      ['first', '/position'],
      ['time', '/position']
    ]
  )
})
