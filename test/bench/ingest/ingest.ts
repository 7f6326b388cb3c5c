// `bench ingest`: one-message POSTs from many connections, into Tailrace and into a plain handler that awaits one
// send per request, in turns. What is counted as stored is read off the topics, not off the answers.

import { systemClock } from '../../../connectors/clock.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { Child } from './child.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import type { ServerReport } from './server.ts'

export interface IngestRow {
  readonly system: string
  readonly connections: number
  readonly messages: number
  readonly requestsPerSecond: number
  readonly cpuSecondsPerMillion: number
  readonly producePerThousand: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakRssMb: number
  /** Acknowledged messages that the topic does not hold. */
  readonly lost: number
}

export interface IngestBench {
  readonly brokers: readonly string[]
  readonly connections: readonly number[]
  /** Per system, number of connections and round. */
  readonly messages: number
  readonly rounds: number
  readonly partitions: number
}

const systems = ['tailrace', 'plain']

/** One row per number of connections and system; figures are sums over the rounds, latencies their median. */
export async function benchIngest(options: IngestBench): Promise<IngestRow[]> {
  const kafka = { brokers: [...options.brokers], clientId: 'bench' }
  const admin = kafkaLog(kafka, { clock: systemClock, log: () => {} }).admin()
  const load = new Child(new URL('./load.js', import.meta.url))
  try {
    const rows: IngestRow[] = []
    for (const connections of options.connections)
      rows.push(...(await compare(options, connections, { admin, load })))
    return rows
  } finally {
    await load.stop()
    await admin.close()
  }
}

interface Tools {
  readonly admin: LogAdmin
  readonly load: Child
}

async function compare(options: IngestBench, connections: number, tools: Tools): Promise<IngestRow[]> {
  const contestants = await Promise.all(systems.map(name => Contestant.open(name, options, tools)))
  try {
    const order = { connections, messages: options.messages }
    for (const contestant of contestants) await contestant.warmUp({ connections, messages: 2_000 })
    for (let round = 0; round < options.rounds; round++) {
      for (const contestant of contestants) await contestant.run(order)
    }
    return await Promise.all(contestants.map(contestant => contestant.row(order)))
  } finally {
    await Promise.all(contestants.map(contestant => contestant.stop()))
  }
}

type Order = Omit<LoadOrder, 'url'>

class Contestant {
  readonly #name: string
  readonly #topic: string
  readonly #server: Child
  readonly #tools: Tools
  readonly #results: LoadResult[] = []
  #before: ServerReport | undefined
  #sent = 0

  constructor(name: string, about: { topic: string; server: Child; tools: Tools }) {
    this.#name = name
    this.#topic = about.topic
    this.#server = about.server
    this.#tools = about.tools
  }

  static async open(name: string, { brokers, partitions }: IngestBench, tools: Tools): Promise<Contestant> {
    const topic = `bench-${name}-${Date.now()}`
    await tools.admin.createTopic({ name: topic, partitions, replication: 1, settings: {} })
    const server = new Child(new URL('./server.js', import.meta.url), [name, brokers.join(), topic])
    return new Contestant(name, { topic, server, tools })
  }

  async warmUp(order: Order): Promise<void> {
    await this.run(order)
    this.#results.length = 0
    this.#before = await this.#report()
  }

  async run(order: Order): Promise<void> {
    const { url } = await this.#report()
    const result = await this.#tools.load.ask<LoadResult>({ ...order, url })
    this.#sent += order.messages - result.refused
    this.#results.push(result)
  }

  async row({ connections, messages }: Order): Promise<IngestRow> {
    const before = this.#before ?? (await this.#report())
    const after = await this.#report()
    const ranges = await this.#tools.admin.ranges(this.#topic)
    const total = messages * this.#results.length
    return {
      system: this.#name,
      connections,
      messages: total,
      requestsPerSecond: Math.round(total / sum(this.#results.map(result => result.seconds))),
      cpuSecondsPerMillion: round(((after.cpuSeconds - before.cpuSeconds) / total) * 1e6),
      producePerThousand: round(((after.produceRequests - before.produceRequests) / total) * 1e3),
      p50Ms: round(median(this.#results.map(result => result.p50Ms))),
      p99Ms: round(median(this.#results.map(result => result.p99Ms))),
      peakRssMb: Math.round(after.peakRssMb),
      lost: this.#sent - sum(ranges.map(range => range.end))
    }
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  #report(): Promise<ServerReport> {
    return this.#server.ask<ServerReport>('report')
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0
const round = (number: number) => Math.round(number * 10) / 10
