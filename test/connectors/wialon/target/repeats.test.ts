// What the engine makes of a receiver that fails in the middle: everything that was not answered in full is sent
// again, each device's in order, and nothing is lost.

import test from 'ava'
import type { Reply } from '../../../../connectors/wialon/double.ts'
import type { Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { until } from '../../../flows/harness/until.ts'
import { Engine } from '../../engine.ts'
import { doubleWith, targetAt } from './harness.ts'

const devices = Array.from({ length: 2000 }, (_, at) => `device-${at % 25}`)

const answer: Reply = { kind: 'answer' }

/** Fails at each of these packets, counted over all connections. */
const failures: readonly [title: string, settings: object, reply: (at: number) => Reply][] = [
  ['resets the connection now and then', {}, at => (at % 331 === 330 ? { kind: 'reset' } : answer)],
  [
    'closes the connection after part of the answers',
    {},
    at => (at % 250 === 249 ? { kind: 'close' } : answer)
  ],
  ['answers with another byte', {}, at => (at % 400 === 399 ? { kind: 'raw', bytes: Buffer.of(0) } : answer)],
  [
    'leaves out answers, so that the count stays short',
    { answerTimeoutMs: 50 },
    at => (at % 700 === 699 ? { kind: 'silent' } : answer)
  ],
  [
    'resets connections, of which there are three',
    { connections: 3 },
    at => (at % 331 === 330 ? { kind: 'reset' } : answer)
  ]
]

for (const [title, settings, reply] of failures) {
  test.serial(`a receiver that ${title} gets everything, first arrivals of a device in order`, async t => {
    const { double, ledger } = await doubleWith(t, reply)
    const engine = new Engine(t, targetAt(t, { port: double.port, ...settings }))
    await engine.start()
    await engine.send(devices)
    await until('all committed', async () => (await engine.uncommitted()) === 0)
    t.true(ledger.length > devices.length, 'nothing was sent twice, so nothing was tried')
    t.deepEqual(firstArrivals(ledger), wanted)
  })
}

/** The times of each device's packets, each time where it arrived first. */
function firstArrivals(ledger: readonly Packet[]): Record<string, number[]> {
  const arrived: Record<string, Set<number>> = {}
  for (const { unit, timeSeconds } of ledger) {
    arrived[unit] ??= new Set()
    arrived[unit].add(timeSeconds)
  }
  return Object.fromEntries(Object.entries(arrived).map(([unit, seconds]) => [unit, [...seconds]]))
}

const wanted = firstArrivals(
  devices.map((unit, timeSeconds) => ({ unit, timeSeconds, flags: 0, blocks: [] }))
)
