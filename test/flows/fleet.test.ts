// Real telemetry through the real product: what was POSTed arrives as it was sent.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { systemClock } from '../../connectors/clock.ts'
import { HttpDouble } from '../../connectors/http/double.ts'
import { Guard } from '../../connectors/kafka/local/guard.ts'
import { readSample } from '../../processors/commands/simulate/fleet.ts'
import { testBrokers, uniqueName } from '../kafka.ts'
import { Instance } from './harness/instance.ts'
import { until } from './harness/until.ts'

const identOf = (message: string) => message.slice(10, 25) // {"ident":"868647414815077",

/** The messages of a JSON array of flat objects that hold no braces in strings, as the fleet's are. */
const elementsOf = (body: Buffer) => body.toString('latin1').match(/\{[^}]*\}/g) ?? []

function byDevice(messages: readonly string[]): Map<string, string[]> {
  const devices = new Map<string, string[]>()
  for (const message of messages) {
    const ident = identOf(message)
    devices.set(ident, [...(devices.get(ident) ?? []), message])
  }
  return devices
}

test('all messages of the fleet arrive byte for byte as they were POSTed, in order per device', async t => {
  const arrived: string[] = []
  const receiver = new HttpDouble({
    clock: systemClock,
    ledger: ({ body }) => void arrived.push(...elementsOf(body)),
    reply: () => ({ kind: 'answer', status: 200 })
  })
  await receiver.start()
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-fleet-'))
  const guard = new Guard(undefined)
  const topic = uniqueName('fleet')
  const config = {
    kafka: { brokers: testBrokers() },
    listen: { http: 0, admin: 0 },
    channels: { fleet: { topic, partitions: 6, sources: [{ http: {} }] } },
    streams: { acme: { from: ['fleet'], group: topic, target: { http: { url: receiver.url } } } }
  }
  const instance = await Instance.start({ name: 'fleet', dir, config, guard })
  t.teardown(async () => {
    await instance.kill()
    await receiver.stop()
    await guard.close()
    await rm(dir, { recursive: true })
  })
  await instance.running(6)
  const sent = readSample()
  for (let at = 0; at < sent.length; at += 500) {
    const body = `[${sent.slice(at, at + 500).join(',')}]`
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(instance.ingestUrl('fleet'), { method: 'POST', headers, body })
    t.deepEqual(await response.json(), { accepted: Math.min(500, sent.length - at) })
  }
  await until('everything has arrived', () => arrived.length >= sent.length)
  t.is(sent.length, 9_080)
  t.is(arrived.length, sent.length)
  const arrivedOf = byDevice(arrived)
  for (const [ident, messages] of byDevice(sent)) t.deepEqual(arrivedOf.get(ident), messages)
})
