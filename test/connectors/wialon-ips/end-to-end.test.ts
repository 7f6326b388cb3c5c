// The target sends to the source: over a real socket everything comes as it was, but for what the protocol cannot carry.

import { readFileSync } from 'node:fs'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { Incoming } from '../../../connectors/connector.ts'
import { until } from '../../flows/harness/until.ts'
import { batchFrom, messagesOf } from '../../messages.ts'
import { Engine } from '../engine.ts'
import { startSource } from './source/harness.ts'
import { firstSecond, kindsOf, targetAt } from './target/harness.ts'

function portOf({ source }: Awaited<ReturnType<typeof startSource>>): number {
  const [port = 0] = source.ports
  return port
}

for (const version of ['1.1', '2.0', '2.1'] as const) {
  test(`a thousand messages of real vehicles arrive as they were, by version ${version}`, async t => {
    const running = await startSource(t, { settings: { password: 's3cret' } })
    const target = targetAt(t, { port: portOf(running), version, password: 's3cret' })
    const lines = readFileSync(new URL('../../../../test/data/fleet-sample.jsonl', import.meta.url), 'utf8')
    const devices = new Map<string, string[]>()
    for (const line of lines.trimEnd().split('\n')) {
      const { ident } = JSON.parse(line)
      devices.set(ident, [...(devices.get(ident) ?? []), line])
    }
    const deliver = async ([ident, values]: [string, string[]]) => {
      for (let at = 0; at < values.length; at += 100) {
        const own = values.slice(at, at + 100)
        const messages = messagesOf(own, { keys: own.map(() => ident) })
        const outcomes = await target.deliver(batchFrom(messages, ident), new AbortController().signal)
        t.deepEqual(new Set(kindsOf(outcomes)), new Set(['delivered']))
      }
    }
    await Promise.all([...devices].map(deliver))
    t.is(running.stored.length, 1_000)
    for (const [ident, values] of devices) {
      const own = running.stored.filter(message => message.ident === ident)
      t.deepEqual(
        own,
        values.map(value => carried(JSON.parse(value)))
      )
    }
  })
}

/** What the protocol can carry of a message: whole km/h, degrees and metres. */
function carried(message: Record<string, unknown>): Record<string, unknown> {
  const whole = (name: string) => {
    const value = message[name]
    return typeof value === 'number' ? { [name]: Math.round(value) + 0 } : {}
  }
  const bits = Object.entries(message).map(([name, value]) => [
    name,
    typeof value === 'boolean' && name !== 'alarm.event' ? Number(value) : value
  ])
  return {
    ...Object.fromEntries(bits),
    ...whole('position.altitude'),
    ...whole('position.speed'),
    ...whole('position.direction')
  }
}

testProp(
  'texts, numbers and booleans of any message arrive as they were',
  [
    fc.dictionary(
      fc.stringMatching(/^x[a-z._0-9]{0,20}$/),
      fc.oneof(
        fc.string().map(text => text.replace(/[,;|\r\n\0]/g, '_')),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0)
      ),
      { maxKeys: 12 }
    ),
    fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 }).map(ms => ms / 1000)
  ],
  async (t, fields, timestamp) => {
    const running = await startSource(t)
    const target = targetAt(t, { port: portOf(running), version: '2.1' })
    const message = { ...fields, ident: 'Łódź 7', timestamp }
    const batch = batchFrom(messagesOf([JSON.stringify(message)], { keys: ['Łódź 7'] }), 'Łódź 7')
    t.deepEqual(kindsOf(await target.deliver(batch, new AbortController().signal)), ['delivered'])
    t.deepEqual(running.stored, [message])
    await target.close()
    await running.source.stop(0)
  },
  { numRuns: 100 }
)

test.serial(
  'through an outage of Kafka behind the source nothing is lost, and order per device is kept',
  async t => {
    let appends = 0
    const seconds = new Map<string, Set<number>>()
    const running = await startSource(t, {
      append: async (messages: readonly Incoming[]) => {
        appends++
        if (appends % 7 === 3) throw new Error('Kafka is away')
        for (const { key, value } of messages) {
          const own = seconds.get(key.toString()) ?? new Set()
          seconds.set(key.toString(), own.add(JSON.parse(value.toString()).timestamp))
        }
      }
    })
    const engine = new Engine(t, targetAt(t, { port: portOf(running), connections: 8 }))
    await engine.start()
    await engine.send(
      Array.from({ length: 2_000 }, (_, at) => `device-${at % 40}`),
      firstSecond
    )
    await until('all committed', async () => (await engine.uncommitted()) === 0)
    t.is(seconds.size, 40)
    for (const own of seconds.values()) {
      t.is(own.size, 50)
      t.deepEqual(
        [...own],
        [...own].toSorted((a, b) => a - b)
      )
    }
  }
)
