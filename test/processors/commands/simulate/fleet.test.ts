// The simulated fleet: the real messages with other times and more devices.

import test from 'ava'
import {
  type FleetOptions,
  fleetMessages,
  readSample
} from '../../../../processors/commands/simulate/fleet.ts'

const nowMs = Date.UTC(2026, 2, 1)
const sample = readSample()

function take(count: number, options: Partial<FleetOptions> = {}): string[] {
  const messages = fleetMessages(sample, { asIs: false, now: () => nowMs, ...options })
  return Array.from({ length: count }, () => messages.next().value)
}

const identsOf = (lines: readonly string[]) => new Set(lines.map(line => JSON.parse(line).ident))

test('the sample comes with the package, complete', t => {
  t.is(sample.length, 9080)
  t.is(identsOf(sample).size, 122)
})

test('as it is, every byte stays, and the sample begins anew when it ends', t => {
  const messages = take(9082, { asIs: true })
  t.deepEqual(messages.slice(0, 9080), sample)
  t.deepEqual(messages.slice(9080), sample.slice(0, 2))
})

test('times are shifted to now and nothing else changes', t => {
  const timeless = (line: string) => line.replace(/"timestamp":\d+,"server\.timestamp":\d+/, '')
  const messages = take(9080)
  t.deepEqual(messages.map(timeless), sample.map(timeless))
  const late = messages.map(line => nowMs / 1000 - JSON.parse(line).timestamp)
  t.true(Math.min(...late) === 0)
  t.is(late.filter(seconds => seconds > 0).length, 181)
})

test('a larger fleet has as many devices as asked for, each with its own ident', t => {
  for (const devices of [1, 122, 123, 1000, 12_200]) {
    const round = Math.ceil((9080 * devices) / 122)
    const idents = identsOf(take(Math.max(9080, round + 9080), { devices }))
    t.is(idents.size, devices)
    t.true([...idents].every(ident => /^\d{15}$/.test(ident)))
  }
})

test('clones of a device differ in nothing but the ident', t => {
  const [first = '', second = ''] = take(2, { devices: 244 })
  t.is(second.replace(/"\d{15}"/, ''), first.replace(/"\d{15}"/, ''))
  t.not(second, first)
})
