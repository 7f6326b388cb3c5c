// A device without an attribute that its stream requires: it waits with that very reason, which `tailrace held` tells, and
// nobody else is delayed. Once somebody has written the attribute into the file, everything of it goes out in order.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { until } from '../../harness/until.ts'
import { type EnginePromise, type Findings, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'
import { Collector } from './collector.ts'

const messages = 6_100
const more = 1_220
const lackingDevices = 3

export const lacking: EnginePromise = {
  name: 'lacking',
  title: 'a device without a required attribute waits with that reason, and goes out in order once it has it',
  async run(stage) {
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-attributes-'))
    try {
      const ofFile = await run(stage, inFile(join(folder, 'devices.yaml')))
      const ofTopic = await run(stage, await inTopic(stage))
      return {
        complaints: [...ofFile.complaints, ...ofTopic.complaints.map(line => `topic: ${line}`)],
        shortfalls: [],
        figures: { ...ofFile.figures, arrivalsWithTopic: ofTopic.figures.arrivals ?? 0 }
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  }
}

/** Where the attributes of devices are kept. */
interface Attributes {
  /** The section of the configuration. */
  readonly section: object
  /** Gives each of the devices what is required. */
  give(devices: readonly string[]): Promise<void>
}

const attributesOf = (device: string) => JSON.stringify({ axles: 2, plate: `CB ${device.slice(-4)} AB` })

function inFile(file: string): Attributes {
  const lines = new Set<string>()
  return {
    section: { file },
    async give(devices) {
      for (const device of devices) lines.add(`"${device}": ${attributesOf(device)}`)
      await writeFile(file, `${[...lines].join('\n')}\n`)
    }
  }
}

async function inTopic(stage: Stage): Promise<Attributes> {
  const topic = await stage.createTopic()
  return {
    section: { topic },
    give: devices =>
      stage.cluster.producer.append(
        topic,
        devices.map(device => ({ key: Buffer.from(device), value: Buffer.from(attributesOf(device)) }))
      )
  }
}

async function run(stage: Stage, attributes: Attributes): Promise<Findings> {
  const fleet = new Fleet()
  const { devices } = fleet
  await attributes.give(devices.slice(0, -lackingDevices))
  const [topic, group, collector] = [
    await stage.createTopic(),
    uniqueName('lacking'),
    await Collector.open(stage)
  ]
  const target = { http: { url: collector.url } }
  const acme = { group, target, requires: ['axles'], steps: [{ enrich: {} }] }
  const process = { topic, streams: { acme }, sections: { attributes: attributes.section } }
  let instance = await stage.start(process)
  await stage.fill(topic, { fleet, messages })
  await stage.settled(group, topic)
  const others = collector.distinct
  const told = await heldTold(instance)
  await stage.stop(instance)
  instance = await stage.start(process)
  await attributes.give(devices.slice(-lackingDevices))
  await until('nothing waits', async () => (await instance.stream())?.held.messages === 0)
  await stage.fill(topic, { fleet, messages: more })
  await stage.settled(group, topic)
  await stage.stop(instance)
  return findings(collector, devices, { others, told })
}

function findings(
  collector: Collector,
  devices: readonly string[],
  { others, told }: { readonly others: number; readonly told: string }
): Findings {
  const perDevice = (messages + more) / devices.length
  const inOrder = devices.filter(device => isInOrder(collector.byDevice.get(device) ?? [], perDevice))
  const expected = (messages / devices.length) * (devices.length - lackingDevices)
  const without = devices.slice(-lackingDevices)
  return {
    complaints: unless(
      [others === expected, `${others} of the others arrived`],
      [without.every(device => told.includes(device)), `tailrace held does not tell who waits: ${told}`],
      [told.includes('the device has no "axles"'), `tailrace held does not tell why: ${told}`],
      [
        inOrder.length === devices.length,
        `${devices.length - inOrder.length} devices incomplete or out of order`
      ],
      [
        collector.arrivals === messages + more,
        `${collector.arrivals} arrivals of ${messages + more} messages`
      ]
    ),
    shortfalls: [],
    figures: {
      messages: messages + more,
      beforeTheAttribute: others,
      arrivals: collector.arrivals,
      told: told.split('\n')
    }
  }
}

/** What the command says of the stream. */
async function heldTold({ configFile }: Instance): Promise<string> {
  const args = [packageRoot('dist/processors/main.js'), 'held', 'acme', '--config', configFile]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return stdout.trim()
}

/** Every message, with its attributes, in order. */
function isInOrder(arrived: readonly string[], count: number): boolean {
  const seqs = arrived.map(message => JSON.parse(message)).filter(({ axles }) => axles === 2)
  return seqs.length === count && seqs.every((message, at) => message['custom.seq'] === at)
}
