// What the target makes of messages and answers, over real sockets: what is sent how, what is done about black boxes that
// are taken in part, and whose fault a refused login is.

import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { until } from '../../../flows/harness/until.ts'
import { messagesOf } from '../../../messages.ts'
import { deliver, doubleWith, kindsOf, numbered, numbersIn, targetAt } from './harness.ts'

const full =
  '"timestamp":1700000000.25,"position.latitude":51.5072,"position.longitude":-0.1275,"position.speed":54.4,"position.hdop":0.8,"din":5,"driver.id":"0123ABCD","alarm.event":true,"ain.1":7.5,"fw":"v1, b;2","can.fuel.level":71'
const fullRecord = (fraction: string) =>
  `141123;221320${fraction};5130.43200;N;00007.65000;W;54;NA;NA;NA;0.8;5;NA;7.5;0123ABCD;SOS:1:1,fw:3:v1_ b_2,can.fuel.level:1:71`

for (const [version, fraction] of [
  ['1.1', ''],
  ['2.0', ''],
  ['2.1', '.25']
] as const) {
  test(`one message is an extended record, several are a black box, in version ${version}`, async t => {
    const { double, ledger, logins } = await doubleWith(t)
    const target = targetAt(t, { port: double.port, version, password: 's3cret' })
    t.deepEqual(kindsOf(await deliver(target, 'a', [full])), ['delivered'])
    t.deepEqual(kindsOf(await deliver(target, 'a', [full, full])), ['delivered', 'delivered'])
    t.deepEqual(logins, [{ version, ident: 'a', password: 's3cret' }])
    const record = fullRecord(fraction)
    t.deepEqual(ledger, [
      { ident: 'a', type: 'D', records: [record] },
      { ident: 'a', type: 'B', records: [record, record] }
    ])
  })
}

test('the destination is the ident that the message names', t => {
  const target = targetAt(t, { port: 1 })
  const [named, odd, broken] = messagesOf(['{"ident":"b"}', '{"ident":7}', '{'], { keys: ['a', 'a', 'a'] })
  t.deepEqual(
    [named, odd, broken].map(message => message && target.destination(message)),
    ['b', '', '']
  )
})

test('a message without a record is rejected, and those around it are delivered', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, { port: double.port })
  const outcomes = await deliver(target, 'a', [...numbered(1), '"timestamp":5', ...numbered(1, 1)])
  t.deepEqual(kindsOf(outcomes), ['delivered', 'reject wialon_ips_unencodable', 'delivered'])
  t.deepEqual(numbersIn(ledger), [0, 1])
})

test('an ident that a login cannot hold is rejected without a connection', async t => {
  const target = targetAt(t, { port: 1 })
  t.deepEqual(kindsOf(await deliver(target, 'a;b', numbered(1))), ['reject wialon_ips_unencodable'])
})

test('what was not taken of a black box is found by sending one by one, once', async t => {
  const isBad = (record: string) => record.includes('n:1:2')
  const { double, ledger } = await doubleWith(t, {
    reply: ({ type, records }) => {
      if (type === 'D') return { kind: 'answer', body: records.some(isBad) ? '15' : '1' }
      return { kind: 'answer', body: String(records.filter(record => !isBad(record)).length) }
    }
  })
  const target = targetAt(t, { port: double.port })
  const first = await deliver(target, 'a', numbered(4))
  t.deepEqual(kindsOf(first), Array(4).fill('unknown wialon_ips_partly_taken'))
  const again = await deliver(target, 'a', numbered(4))
  t.deepEqual(kindsOf(again), ['delivered', 'delivered', 'reject wialon_ips_rejected', 'delivered'])
  await deliver(target, 'a', numbered(2, 10))
  t.deepEqual(
    ledger.map(({ type }) => type),
    ['B', 'D', 'D', 'D', 'D', 'B']
  )
  t.is(double.accepted, 1)
})

test('one by one, what follows a message without an answer is not sent', async t => {
  let answers = 0
  const { double, ledger } = await doubleWith(t, {
    reply: ({ type }) => {
      if (type === 'B') return { kind: 'answer', body: '0' }
      return answers++ === 1 ? { kind: 'close' } : { kind: 'answer' }
    }
  })
  const target = targetAt(t, { port: double.port })
  await deliver(target, 'a', numbered(3))
  const [first, second, third] = kindsOf(await deliver(target, 'a', numbered(3)))
  t.deepEqual([first, second], ['delivered', 'unknown wialon_ips_connection_lost'])
  t.is(third, 'unsent wialon_ips_connection_lost')
  t.deepEqual(numbersIn(ledger.slice(1)), [0, 1])
})

test('a check sum that the receiver disputes is tried again', async t => {
  const { double } = await doubleWith(t, {
    reply: ({ type }) => ({ kind: 'answer', body: type === 'D' ? '16' : '' })
  })
  const target = targetAt(t, { port: double.port })
  t.deepEqual(kindsOf(await deliver(target, 'a', numbered(1))), ['retry wialon_ips_crc_refused'])
  t.deepEqual(kindsOf(await deliver(target, 'a', numbered(2))), Array(2).fill('retry wialon_ips_crc_refused'))
})

test('what a receiver tells the device is passed over, before an answer and while nothing is asked', async t => {
  const { double } = await doubleWith(t, {
    reply: () => ({ kind: 'raw', bytes: '#M#hello\r\n#AD#1\r\n#M#again\r\n' })
  })
  const events: string[] = []
  const target = targetAt(t, { port: double.port }, { events })
  for (let at = 0; at < 3; at++) {
    double.say('#M#now\r\n')
    t.deepEqual(kindsOf(await deliver(target, 'a', numbered(1, at))), ['delivered'])
  }
  t.is(double.accepted, 1)
  t.deepEqual(events, [])
})

for (const [title, bytes, code] of [
  ['to something else', '#AB#1\r\n', 'answer_unexpected'],
  ['that is none', 'HTTP/1.1 400 Bad Request\r\n', 'answer_unexpected'],
  ['without end', 'x'.repeat(5_000), 'answer_unexpected'],
  ['that breaks off', '#AD#1', 'answer_timeout']
] as const) {
  test(`an answer ${title} means unknown, and the connection is not used again`, async t => {
    const { double } = await doubleWith(t, { reply: () => ({ kind: 'raw', bytes }) })
    const target = targetAt(t, { port: double.port, answerTimeoutMs: 200 })
    t.deepEqual(kindsOf(await deliver(target, 'a', numbered(1))), [`unknown wialon_ips_${code}`])
    await until('it hung up', () => double.connections === 0)
  })
}

test('an answer that nobody asked for ends the connection and is told', async t => {
  const { double, ledger } = await doubleWith(t)
  const events: string[] = []
  const target = targetAt(t, { port: double.port }, { events })
  await deliver(target, 'a', numbered(1))
  double.say('#AD#1\r\n')
  await until('it hung up', () => double.connections === 0)
  t.deepEqual(events, ['answer_unasked'])
  t.deepEqual(kindsOf(await deliver(target, 'a', numbered(1, 1))), ['delivered'])
  t.deepEqual(numbersIn(ledger), [0, 1])
})

test('a wrong password is that of all as long as nobody was let in, and then that of the device', async t => {
  const { double } = await doubleWith(t, {
    login: ({ ident }) => ({ kind: 'answer', body: ident === 'odd' ? '01' : '1' })
  })
  const target = targetAt(t, { port: double.port, password: 's3cret' })
  const [first] = await deliver(target, 'odd', numbered(2))
  t.like(first, { kind: 'halt', code: 'wialon_ips_password_refused' })
  await deliver(target, 'a', numbered(1))
  const [second] = await deliver(target, 'odd', numbered(2))
  t.like(second, { kind: 'reject', scope: 'device', code: 'wialon_ips_password_of_device' })
})

test('a login that is not answered is not sent messages after', async t => {
  const { double, ledger } = await doubleWith(t, { login: () => ({ kind: 'silent' }) })
  const target = targetAt(t, { port: double.port, answerTimeoutMs: 100 })
  t.deepEqual(kindsOf(await deliver(target, 'a', numbered(1))), ['unsent wialon_ips_login_unanswered'])
  t.deepEqual(ledger, [])
})

test('who hangs up over a login, as other protocols do, was reached', async t => {
  for (const kind of ['close', 'reset'] as const) {
    const { double } = await doubleWith(t, { login: () => ({ kind }) })
    const target = targetAt(t, { port: double.port })
    const [outcome] = await deliver(target, 'a', numbered(1))
    t.like(outcome, { kind: 'unsent', code: 'wialon_ips_login_unanswered' })
  }
  const gone = targetAt(t, { port: 1 })
  t.like((await deliver(gone, 'a', numbered(1)))[0], { kind: 'unsent', code: 'wialon_ips_connect_failed' })
})

test('a connection on which nothing happens is closed, and opened again when it is needed', async t => {
  const clock = new VirtualClock()
  const { double } = await doubleWith(t)
  const target = targetAt(t, { port: double.port, idleMs: 60_000 }, { clock })
  await deliver(target, 'a', numbered(1))
  await clock.advance(59_000)
  await deliver(target, 'a', numbered(1))
  await clock.advance(59_000)
  t.is(double.connections, 1)
  await clock.advance(1_000)
  await until('it hung up', () => double.connections === 0)
  t.deepEqual(kindsOf(await deliver(target, 'a', numbered(1))), ['delivered'])
  t.is(double.accepted, 2)
})
