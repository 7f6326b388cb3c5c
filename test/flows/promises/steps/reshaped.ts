// The real fleet through a stream that filters, enriches, renames, thins out and reshapes: what arrives is what a program of
// another language, which knows nothing of Tailrace, says must arrive (test/data/steps/expected.py).

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { readSample } from '../../../../processors/commands/simulate/fleet.ts'
import { uniqueName } from '../../../kafka.ts'
import { type EnginePromise, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'
import { Collector, canonical, differences } from './collector.ts'

const steps = [
  { filter: 'position.speed > 0 && exists("position.latitude") && position.satellites >= 10' },
  { enrich: { attributes: ['plate', 'axles'] } },
  {
    rename: {
      fields: { 'external.powersource.voltage': 'supply', 'position.speed': 'kmh', 'battery.*': 'cell.*' }
    }
  },
  { sample: { everySeconds: 60, turnedDegrees: 20 } },
  {
    template: {
      vehicle: { id: 'ident', kind: '"truck"', 'plate?': 'plate', 'heavy?': 'axles >= 4' },
      at: ['position.longitude', 'position.latitude'],
      time: 'timestamp',
      heading: 'position.direction',
      mps: 'round(kmh / 3.6, 1)',
      fast: 'kmh > 90',
      supply: 'supply',
      cell: 'cell.voltage',
      version: 1
    }
  }
]

export const reshaped: EnginePromise = {
  name: 'reshaped',
  title:
    'the fleet through filter, enrich, rename, sample and template arrives as an independent program expects',
  async run(stage) {
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-attributes-'))
    try {
      return await run(stage, join(folder, 'devices.json'))
    } finally {
      await rm(folder, { recursive: true })
    }
  }
}

async function run(stage: Stage, file: string) {
  const lines = readSample()
  const expected = readExpected()
  const first = firstArrivals(expected)
  await writeFile(file, JSON.stringify(attributesOf(lines)))
  const topic = await stage.createTopic()
  const records = lines.map(line => ({
    key: Buffer.from(String(JSON.parse(line).ident)),
    value: Buffer.from(line)
  }))
  await stage.cluster.producer.append(topic, records)
  const collector = await Collector.open(stage, ({ vehicle }) => (vehicle as { id: string }).id) // the template's
  const group = uniqueName('reshaped')
  const streams = { acme: { group, steps, target: { http: { url: collector.url } } } }
  const instance = await stage.start({ topic, streams, sections: { attributes: { file } } })
  await stage.settled(group, topic)
  const accounts = (await instance.stream())?.accounts
  await stage.stop(instance)
  return {
    complaints: [
      ...differences(collector.byDevice, first),
      ...unless(
        [accounts?.read === lines.length, `${accounts?.read} of ${lines.length} messages were read`],
        [
          collector.arrivals === expected.length,
          `${collector.arrivals} of ${expected.length} messages arrived`
        ],
        [accounts?.dead_lettered === 0, `${accounts?.dead_lettered} dead letters`]
      )
    ],
    shortfalls: [],
    figures: {
      messages: lines.length,
      arrived: collector.arrivals,
      expected: expected.length,
      filtered: accounts?.filtered ?? 0
    }
  }
}

/** Of every third device, by its number; the same as in expected.py. */
function attributesOf(lines: readonly string[]): Record<string, unknown> {
  const idents = new Set(lines.map(line => String(JSON.parse(line).ident)))
  const known = [...idents].filter(ident => Number(ident.slice(-4)) % 3 === 0)
  return Object.fromEntries(
    known.map(ident => {
      const number = Number(ident.slice(-4))
      return [ident, { plate: `CB ${String(number).padStart(4, '0')} AB`, axles: 2 + (number % 4) }]
    })
  )
}

interface Arrival {
  readonly device: string
  readonly message: string
}

function readExpected(): Arrival[] {
  const lines = gunzipSync(readFileSync(packageRoot('test/data/steps/expected.jsonl.gz')))
  return lines
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => {
      const message = JSON.parse(line)
      return { device: message.vehicle.id, message: canonical(message) }
    })
}

/** By device; trackers send some messages twice. */
function firstArrivals(arrivals: readonly Arrival[]): Map<string, string[]> {
  const devices = new Map<string, string[]>()
  for (const { device, message } of arrivals) {
    const messages = devices.get(device) ?? []
    devices.set(device, messages)
    if (!messages.includes(message)) messages.push(message)
  }
  return devices
}
