// Many devices and few connections: each gets its turn, in order, and one that is refused or stuck holds up nobody else.

import test from 'ava'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { Engine } from '../../engine.ts'
import {
  deliver,
  doubleWith,
  firstSecond,
  kindsOf,
  numbered,
  numbersIn,
  type Running,
  targetAt
} from './harness.ts'

/** The times of each device's records, in order of arrival. */
function secondsByDevice(ledger: Running['ledger']): Map<string, string[]> {
  const seconds = new Map<string, string[]>()
  for (const { ident, records } of ledger) {
    const own = seconds.get(ident) ?? []
    own.push(...records.map(record => record.slice(0, 13)))
    seconds.set(ident, own)
  }
  return seconds
}

test.serial(
  '2,000 devices share 50 connections: all is delivered once and in order, nobody starves',
  async t => {
    const { double, ledger } = await doubleWith(t)
    const engine = new Engine(t, targetAt(t, { port: double.port, connections: 50 }))
    await engine.start()
    const devices = Array.from({ length: 10_000 }, (_, at) => `device-${at % 2_000}`)
    await engine.send(devices, firstSecond)
    await until('all committed', async () => (await engine.uncommitted()) === 0)
    const seconds = secondsByDevice(ledger)
    t.is(seconds.size, 2_000)
    for (const own of seconds.values()) {
      t.is(own.length, 5)
      t.deepEqual(own, own.toSorted())
    }
    // Where one connection follows another the receiver may see the new one first.
    t.true(double.peak <= 100, `${double.peak} connections at a time`)
    t.true(double.connections <= 50)
  }
)

test.serial('devices that are refused wait in the held topic, and all others are delivered', async t => {
  const refusals = ['0', '01', '10']
  const { double, ledger } = await doubleWith(t, {
    login: ({ ident }) => {
      const number = Number(ident.slice('device-'.length))
      return { kind: 'answer', body: number % 10 === 3 ? (refusals[(number - 3) / 10] ?? '0') : '1' }
    }
  })
  const engine = new Engine(t, targetAt(t, { port: double.port, connections: 3 }))
  await engine.start()
  const devices = Array.from({ length: 300 }, (_, at) => `device-${at % 50}`)
  await engine.send(devices, firstSecond)
  await until(
    'the others are delivered',
    () => secondsByDevice(ledger).size === 45 && ledger.flatMap(packet => packet.records).length >= 45 * 6
  )
  t.true([...secondsByDevice(ledger).keys()].every(ident => !ident.endsWith('3')))
  await until('those that are refused are held', () => (engine.meter.totals.held ?? 0) >= 4 * 6)
  t.is(engine.meter.totals['dead letter wialon_ips_device_refused'], undefined)
})

test.serial('a password that only the first device does not have halts the stream for a moment', async t => {
  const { double, ledger } = await doubleWith(t, {
    login: ({ ident }) => ({ kind: 'answer', body: ident === 'device-0' ? '01' : '1' })
  })
  const engine = new Engine(t, targetAt(t, { port: double.port, connections: 1 }))
  await engine.start()
  await engine.send(['device-0'], firstSecond)
  await until('it halted', () => engine.meter.calls.some(([, kind]) => kind === 'halt'))
  await engine.send(['device-1', 'device-2'], firstSecond)
  await until('the others are delivered', () => ledger.length === 2)
  await until('it is held', () => (engine.meter.totals.held ?? 0) > 0)
  t.deepEqual([...secondsByDevice(ledger).keys()].toSorted(), ['device-1', 'device-2'])
})

test('who waits for a connection gets one when another is idle, the one that was idle for longest', async t => {
  const { double, logins } = await doubleWith(t)
  const target = targetAt(t, { port: double.port, connections: 2 })
  for (const ident of ['a', 'b', 'a', 'c', 'a']) await deliver(target, ident, numbered(1))
  t.deepEqual(
    logins.map(({ ident }) => ident),
    ['a', 'b', 'c']
  )
  t.true(double.connections <= 2)
})

test('who waits in line is served in order, and who gives up leaves it', async t => {
  const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'answer', afterMs: 20 }) })
  const target = targetAt(t, { port: double.port, connections: 1 })
  const abort = new AbortController()
  const idents = ['a', 'b', 'c', 'd', 'a', 'e']
  const attempts = idents.map((ident, at) =>
    deliver(target, ident, { fields: numbered(1, at), ...(ident === 'c' && { signal: abort.signal }) })
  )
  abort.abort(new FaultError('attempt_timeout'))
  const kinds = (await Promise.all(attempts)).flatMap(kindsOf)
  t.deepEqual(
    kinds,
    idents.map(ident => (ident === 'c' ? 'unsent attempt_timeout' : 'delivered'))
  )
  t.deepEqual(numbersIn(ledger).toSorted(), [0, 1, 3, 4, 5])
  t.true(numbersIn(ledger).indexOf(1) < numbersIn(ledger).indexOf(3))
})

test('close() ends those that wait in line as unsent', async t => {
  const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'silent' }) })
  const target = targetAt(t, { port: double.port, connections: 1 })
  const attempts = ['a', 'b', 'c'].map(ident => deliver(target, ident, numbered(1)))
  await until('the first is under way', () => ledger.length === 1)
  await target.close()
  const kinds = (await Promise.all(attempts)).flatMap(kindsOf)
  t.deepEqual(kinds, ['unknown attempt_aborted', 'unsent attempt_aborted', 'unsent attempt_aborted'])
})

test('a receiver that hangs up on idle connections costs no message', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, { port: double.port, connections: 5 })
  for (let round = 0; round < 20; round++) {
    const attempts = ['a', 'b', 'c'].map(ident => deliver(target, ident, numbered(1, round)))
    t.deepEqual(new Set((await Promise.all(attempts)).flatMap(kindsOf)), new Set(['delivered']))
    double.cut()
    await until('all hung up', () => double.connections === 0)
    await deliver(target, 'other', numbered(1)) // a turn of the loop, in which the ends are seen
  }
  t.deepEqual(
    numbersIn(ledger, 'b'),
    Array.from({ length: 20 }, (_, at) => at)
  )
})
