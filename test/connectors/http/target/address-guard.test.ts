// Forbidden addresses in the forms in which they get into a url, and names that resolve to them: nothing is ever sent
// there, and where the receiver is known to listen it sees no request.

import net from 'node:net'
import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { SocketTransport } from '../../../../connectors/http/request/transport.ts'
import { connectionsOf } from '../../../../connectors/http/request/transports.ts'
import { HttpTarget } from '../../../../connectors/http/target.ts'
import { AddressGuard, type Lookup } from '../../../../connectors/shared/address-guard.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { makeCertificates } from '../../../certificates.ts'
import { configAt, deliveredWith, deliverOne, doubleWith, targetAt } from '../harness.ts'

const ok = { kind: 'answer', status: 200 } as const

/** This machine and private networks: refused where they are not allowed. */
const privateHosts = [
  ...[
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '127.1',
    '127.0.1',
    '017700000001'
  ],
  ...['127.255.255.254', '0.0.0.0', '0', '[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]'],
  ...['[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::127.0.0.1]', '[2002:7f00:1::]'],
  ...['[64:ff9b:1::1]', '[2001:0:7f00:1::]', '１２７.0.0.1', '127。0。0。1', '%31%32%37.0.0.1', 'localhost'],
  ...['LOCALHOST', '10.0.0.1', '167772161', '012.0.0.1', '[::ffff:10.0.0.1]', '172.16.0.1', '172.31.255.255'],
  ...['192.168.1.1', '3232235777', '[::ffff:c0a8:101]', '[64:ff9b::c0a8:101]', '100.64.0.1', '192.0.0.8'],
  ...['198.18.0.1', '[fc00::1]', '[fdff::1]', '[fec0::1]']
]

/** Refused always. */
const foreverHosts = [
  ...['169.254.169.254', '2852039166', '0251.0376.0251.0376', '0xa9fea9fe', '0xa9.0xfe.0xa9.0xfe'],
  ...['169.254.43518', '169.16689662', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[::a9fe:a9fe]'],
  ...['[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::]', '169.254.170.2', '100.100.100.200', '168.63.129.16'],
  ...['192.0.0.192', '[fd00:ec2::254]', '[fd20:ce::254]', '[fe80::1]', '[febf::1]', '[ff02::1]', '224.0.0.1'],
  ...['239.255.255.250', '255.255.255.255', '240.0.0.1']
]

for (const host of privateHosts) {
  test(`http://${host} is refused where private addresses are not allowed`, async t => {
    const { double, ledger } = await doubleWith(t, ok)
    const target = targetAt(t, `http://${host}:${double.port}/`, { allowPrivateAddresses: false })
    t.like(await deliverOne(target), { kind: 'halt', code: 'address_forbidden' })
    await t.throwsAsync(target.open(new AbortController().signal), { code: 'address_forbidden' })
    t.is(ledger.length, 0)
    t.is(double.connections, 0)
  })
}

for (const host of foreverHosts) {
  test(`http://${host} is refused always`, async t => {
    const outcome = await deliverOne(targetAt(t, `http://${host}:9/`))
    t.like(outcome, { kind: 'halt', code: 'address_forbidden' })
    t.regex(
      'detail' in outcome ? String(outcome.detail) : '',
      /is a metadata, link-local or multicast address$/
    )
  })
}

test('addresses that look forbidden and are not', t => {
  const guard = new AddressGuard(false)
  for (const address of ['8.8.8.8', '172.32.0.1', '169.255.0.1', '100.128.0.1', '223.255.255.255', '1.0.0.1'])
    t.is(guard.refusal(address), null, address)
  for (const address of ['2a00:1450::1', '64:ff9b::808:808', '::ffff:8.8.8.8', '2002:808:808::'])
    t.is(guard.refusal(address), null, address)
  t.truthy(guard.refusal('fe80::1%eth0'))
})

test('over TLS nothing is sent to a forbidden peer either', async t => {
  const tls = makeCertificates()
  const { double, ledger } = await doubleWith(t, ok, { tls })
  const url = `https://localhost:${double.port}/`
  const settings = { tls: { ca: tls.ca }, allowPrivateAddresses: false }
  t.like(await deliverOne(targetAt(t, url, settings)), { kind: 'halt', code: 'address_forbidden' })
  t.is(ledger.length, 0)
})

/** A target whose names are looked up like this. */
function targetWith(t: Parameters<typeof targetAt>[0], url: string, guard: AddressGuard): HttpTarget {
  const config = configAt(url, { allowPrivateAddresses: false })
  const env = { stream: 'acme', clock: systemClock, log: () => {}, mask: new Mask([]) }
  const target = new HttpTarget(
    config,
    env,
    new SocketTransport(connectionsOf(config, { origin: url, clock: systemClock }, { guard }), url, 1)
  )
  t.teardown(() => target.close())
  return target
}

/** Answers in turn; the last one from then on. */
function resolving(...answers: string[][]): Lookup {
  let asked = 0
  return (_host, _options, callback) => {
    const found = answers[Math.min(asked++, answers.length - 1)] ?? []
    callback(
      null,
      found.map(address => ({ address, family: net.isIP(address) }))
    )
  }
}

test('a name is judged by what it resolves to in the moment of connecting', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const url = `http://rebound.example:${double.port}/`
  // 203.0.113.1 (TEST-NET-3) would be allowed; the second time the name points here.
  const guard = new AddressGuard(false, resolving(['203.0.113.1'], ['127.0.0.1']))
  guard.lookup('rebound.example', { all: true }, (error, found) => {
    t.is(error, null)
    t.deepEqual(found, [{ address: '203.0.113.1', family: 4 }])
  })
  t.like(await deliverOne(targetWith(t, url, guard)), { kind: 'halt', code: 'address_forbidden' })
  t.is(ledger.length, 0)
})

test('of several addresses of a name only those are tried that are allowed', t => {
  const guard = new AddressGuard(false, resolving(['127.0.0.1', '203.0.113.1', '169.254.169.254', '::1']))
  guard.lookup('mixed.example', { all: true }, (_error, found) =>
    t.deepEqual(found, [{ address: '203.0.113.1', family: 4 }])
  )
  guard.lookup('mixed.example', {}, (_error, found) => t.is(String(found), '203.0.113.1'))
})

test('the peer counts, whatever the lookup has said', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const guard = new AddressGuard(false)
  Object.assign(guard, { lookup: resolving(['127.0.0.1']) })
  const target = targetWith(t, `http://lying.example:${double.port}/`, guard)
  t.like(await deliverOne(target), { kind: 'halt', code: 'address_forbidden' })
  t.is(ledger.length, 0)
})

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect with ${status} to a forbidden address is not followed`, async t => {
    const { double, ledger } = await doubleWith(t, {
      ...{ kind: 'answer', status },
      headers: { location: 'http://169.254.169.254/latest/meta-data/' }
    })
    t.like(await deliverOne(targetAt(t, double.url)), { kind: 'halt', code: 'http_redirected' })
    t.is(ledger.length, 1)
  })
}

test('by default private addresses are allowed, as a receiver often stands beside Tailrace', async t => {
  const { double } = await doubleWith(t, ok)
  t.deepEqual(await deliverOne(targetAt(t, double.url)), deliveredWith(200))
})
