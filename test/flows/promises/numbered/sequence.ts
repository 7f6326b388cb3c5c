// Numbers and receipts through three kill -9, take-overs, refused requests and devices that have to wait: over all requests
// that the receiver ever got there is no gap and no number twice, every message that it confirmed has a receipt, the chain of
// receipts is whole, and one flipped byte in it is found.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lineOf } from '../../../../processors/commands/receipts/line.ts'
import { fromFile } from '../../../../processors/commands/receipts/read.ts'
import { chainsOf } from '../../../../processors/commands/receipts/verify.ts'
import { Chain } from '../../../../processors/stream/receipts/chain.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { until } from '../../harness/until.ts'
import { type EnginePromise, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'
import { field, Toll } from './toll.ts'

const perSecond = 400
const refusedDevices = 8

export const sequence: EnginePromise = {
  name: 'sequence',
  title:
    'numbers of a device have no gap and are used once through three kill -9, and receipts prove all of it',
  async run(stage, { isLong }) {
    const story = await Story.open(stage)
    const sent = await story.disturb(isLong ? 12_000 : 1_500)
    await story.settle(sent)
    const proof = await story.prove()
    const { toll } = story
    const issued = [...story.fleet.issued].filter(([device, count]) => toll.last.get(device) !== count)
    return {
      shortfalls: [],
      figures: {
        sent,
        requests: toll.requests,
        refused: toll.refusals,
        repeats: toll.repeats,
        ...proof.figures
      },
      complaints: [
        ...toll.complaints.slice(0, 20),
        ...proof.complaints,
        ...unless(
          [issued.length === 0, `of ${issued.length} devices not every message has a number`],
          [toll.confirmed.size === sent, `${toll.confirmed.size} of ${sent} messages were confirmed`],
          [toll.refusals > 0, 'no request was refused']
        )
      ]
    }
  }
}

class Story {
  readonly toll: Toll
  readonly fleet = new Fleet()
  readonly #stage: Stage
  readonly #topic: string
  readonly #group = uniqueName('sequence')
  /** `device:seq` by the place of each message. */
  readonly #sent = new Map<string, string>()

  private constructor(stage: Stage, topic: string, toll: Toll) {
    this.#stage = stage
    this.#topic = topic
    this.toll = toll
  }

  static async open(stage: Stage): Promise<Story> {
    return new Story(stage, await stage.createTopic(), await Toll.open(stage))
  }

  /** Processes die and take over from one another, after so many messages each. Resolves with how many were sent. */
  async disturb(messages: number): Promise<number> {
    const one = await this.#start()
    const sender = this.#stage.send(this.#topic, this.fleet, perSecond)
    await sender.more(messages)
    for (const device of this.fleet.devices.slice(0, refusedDevices)) this.toll.refused.add(device)
    await sender.more(messages / 2)
    await one.kill()
    const two = await this.#start()
    await sender.more(messages)
    const three = await this.#start(1)
    await two.kill()
    this.toll.refused.clear()
    await sender.more(messages)
    await three.kill()
    await this.#start()
    await sender.finish(4 * messages)
    return sender.stored
  }

  async settle(sent: number): Promise<void> {
    await this.#stage.settled(this.#group, this.#topic)
    await until('all that waited was released', () => this.toll.confirmed.size >= sent)
  }

  /** What the receipts say, from Kafka and from a file, and what they say once a byte of them was flipped. */
  async prove() {
    await this.#learn()
    const partitions = await this.#stage.cluster.records(`${this.#group}.receipts`)
    const chains: Chain[] = []
    const receipted = new Set<string>()
    const lines: string[] = []
    let wrongHashes = 0
    for (const [partition, records] of partitions.entries()) {
      const chain = new Chain(partition)
      chains.push(chain)
      for (const record of records) {
        lines.push(lineOf(partition, record))
        const receipt = chain.take(record)
        if (receipt === null || receipt.kind === 'opened') continue
        const value = this.#sent.get(`${receipt.topic}/${receipt.partition}/${receipt.offset}`) ?? ''
        receipted.add(value)
        if (this.toll.hashes.get(value) !== receipt.sha256) wrongHashes++
      }
    }
    const broken = chains.filter(chain => chain.broken !== null)
    const [missed, tried] = await flip(lines)
    const receipts = chains.reduce((sum, chain) => sum + chain.receipts, 0)
    const voids = chains.reduce((sum, chain) => sum + chain.voids, 0)
    return {
      figures: { receipts, voids, flips: tried },
      complaints: unless(
        [broken.length === 0, `receipts are broken: ${JSON.stringify(broken[0]?.broken)}`],
        [missed === 0, `${missed} of ${tried} flipped bytes were not found`],
        [wrongHashes === 0, `${wrongHashes} receipts have another hash than what arrived`],
        [receipted.size >= this.toll.confirmed.size, `${receipted.size} messages have a receipt`]
      )
    }
  }

  async #learn(): Promise<void> {
    for (const [partition, records] of (await this.#stage.cluster.records(this.#topic)).entries())
      for (const { offset, value } of records) {
        const message = JSON.parse(value?.toString() ?? '')
        this.#sent.set(`${this.#topic}/${partition}/${offset}`, `${message.ident}:${message['custom.seq']}`)
      }
  }

  #start(partitions?: number): Promise<Instance> {
    const http = { url: this.toll.url, maxMessages: 20, refusesDevice: [404] }
    const acme = {
      ...{ group: this.#group, target: { http }, held: { maxDelayMs: 1_000 } },
      ...{ sequence: { field }, receipts: {}, safetyStop: { rejected: 1_000, of: 1_000 } }
    }
    return this.#stage.start({
      ...{ topic: this.#topic, streams: { acme } },
      ...(partitions !== undefined && { partitions })
    })
  }
}

/** Flips a bit in some of the lines of an export, each by itself: how many does verifying not find, and how many were tried? */
async function flip(lines: readonly string[]): Promise<[missed: number, tried: number]> {
  const step = Math.max(1, Math.floor(lines.length / 50))
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-receipts-'))
  const path = join(folder, 'receipts.jsonl')
  let [missed, tried] = [0, 0]
  for (let at = 0; at < lines.length; at += step) {
    const bytes = Buffer.from(lines[at] ?? '')
    const place = (at * 31) % (bytes.length - 1)
    bytes[place] = (bytes[place] ?? 0) ^ 4
    writeFileSync(
      path,
      Buffer.concat([...lines].map((line, other) => (other === at ? bytes : Buffer.from(line))))
    )
    tried++
    if (await isWhole(path)) missed++
  }
  rmSync(folder, { recursive: true })
  return [missed, tried]
}

async function isWhole(path: string): Promise<boolean> {
  try {
    return (await chainsOf(fromFile(path), {})).every(({ broken }) => broken === null)
  } catch (error) {
    if (error instanceof FaultError && error.code === 'receipts_broken') return false
    throw error
  }
}
