// The double of a toll system finds out whoever does not keep the contract.

import test from 'ava'
import { seeded } from '../../../seeded.ts'
import { type OfficeOptions, TollOffice } from './office.ts'

const nowMs = Date.UTC(2026, 0, 1)

const office = (options: Partial<OfficeOptions> = {}) =>
  new TollOffice({
    ...{ now: () => nowMs, random: seeded(1), maxAgeMs: 86_400_000, refusedShare: 0, busyShare: 0 },
    ...{ isOnePerVehicle: false, isNumbered: true },
    ...options
  })

const position = (seq: number, more: object = {}) => ({
  ...{
    vehicle: 'T-1',
    plate: 'CB 1234 AB',
    country: 'BG',
    emissionClass: 'EURO_6',
    axles: 2,
    weightKg: 18_000
  },
  ...{ latitude: 52, longitude: 13, time: '2026-01-01T00:00:00Z', event: 'time', seq },
  ...more
})

const bodyOf = (...positions: readonly object[]) => Buffer.from(JSON.stringify(positions))

/** What is said of each position. */
const statuses = (taken: { readonly body: string }) =>
  JSON.parse(taken.body).results.map(({ status }: { readonly status: string }) => status)

test('positions in order are accepted, and one that comes again is a duplicate', t => {
  const one = office()
  t.deepEqual(statuses(one.take(bodyOf(position(1), position(2)))), ['accepted', 'accepted'])
  t.deepEqual(statuses(one.take(bodyOf(position(2), position(3)))), ['duplicate', 'accepted'])
  t.deepEqual(one.complaints, [])
  t.is(one.count('accepted'), 3)
})

test('a number that is left out is found, also in a request that was answered with an error', t => {
  const one = office()
  one.take(bodyOf(position(1), position(3)))
  t.deepEqual(one.complaints, ['T-1: number 3 where 2 was due'])
  const other = office()
  other.note(bodyOf(position(2)))
  t.deepEqual(other.complaints, ['T-1: number 2 where 1 was due'])
})

test('a number that is used for two positions is found, also where the first was refused', t => {
  const one = office({ refusedShare: 1 })
  t.deepEqual(statuses(one.take(bodyOf(position(1)))), ['refused'])
  one.take(bodyOf(position(1, { latitude: 53 })))
  t.deepEqual(one.complaints, ['T-1: number 1 is used twice'])
})

test('a position that comes before an earlier one is decided is found', t => {
  const one = office()
  one.note(bodyOf(position(1), position(2)))
  one.take(bodyOf(position(2)))
  t.is(one.complaints.length, 1)
  t.regex(one.complaints[0] ?? '', /came before .*"seq":1.* was decided/)
})

test('what is put off holds up its vehicle, and no other', t => {
  const one = office({ busyShare: 1 })
  const van = { vehicle: 'T-2' }
  t.deepEqual(statuses(one.take(bodyOf(position(1), position(2), position(1, van)))), [
    'busy',
    'busy',
    'busy'
  ])
  t.deepEqual([one.count(null), one.complaints], [3, []])
})

test('a field that is missing, a position that is too old and two of a vehicle are found where they may not be', t => {
  const one = office()
  one.take(bodyOf(position(1, { axles: '2' })))
  t.deepEqual(one.complaints, ['T-1: axles is no number'])
  const old = one.take(bodyOf(position(2, { time: '2025-12-30T00:00:00Z' })))
  t.deepEqual(JSON.parse(old.body), { results: [{ status: 'refused', reason: 'too old' }] })
  const strict = office({ isOnePerVehicle: true })
  t.is(strict.take(bodyOf(position(1), position(2))).status, 422)
  t.deepEqual(strict.complaints, ['two positions of one vehicle in a request'])
})

test('what is no array of positions is found', t => {
  const one = office()
  t.is(one.take(Buffer.from('{}')).status, 400)
  t.is(one.take(Buffer.from('no json')).status, 400)
  t.is(one.complaints.length, 2)
})
