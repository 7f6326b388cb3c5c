// The stage of one promise: a topic on a real Kafka, a fleet that fills it, and Tailrace processes whose streams the
// promise describes. Everything on it is closed with it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Guard } from '../../../connectors/kafka/local/guard.ts'
import { uniqueName } from '../../kafka.ts'
import { Cluster } from '../harness/cluster.ts'
import type { Fleet, FleetMessage } from '../harness/fleet.ts'
import { Instance } from '../harness/instance.ts'
import { Sender } from '../harness/sender.ts'
import { until } from '../harness/until.ts'

export const partitionCount = 12

/** Messages that are appended at a time when a topic is filled. */
const appendSize = 5_000

/** What else a stream may be told. */
type Settings = Readonly<Record<string, unknown>>

export interface Process {
  /** What each stream is besides what all have; a group is needed. */
  readonly streams: Readonly<Record<string, { readonly group: string; readonly target: unknown } & Settings>>
  readonly topic: string
  /** Of the channel. */
  readonly sources?: readonly unknown[]
  /** Further ones, beside `fleet`; a stream says with `from` which it reads. */
  readonly channels?: Settings
  /** Further sections of the configuration. */
  readonly sections?: Settings
  readonly maxMemoryBytes?: number
  readonly nodeOptions?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Partitions that it must have to count as started, 0 if it may die before; default: all. */
  readonly partitions?: number
}

export class Stage {
  readonly cluster: Cluster
  readonly #brokers: readonly string[]
  /** Where configurations and logs lie. */
  readonly dir: string
  readonly #guard = new Guard(undefined)
  readonly #instances: Instance[] = []
  #started = 0
  readonly #senders: Sender[] = []
  readonly #closing: (() => Promise<void>)[] = []

  private constructor(brokers: readonly string[], dir: string) {
    this.#brokers = brokers
    this.dir = dir
    this.cluster = new Cluster(brokers)
  }

  static async open(brokers: readonly string[]): Promise<Stage> {
    return new Stage(brokers, await mkdtemp(join(tmpdir(), 'tailrace-promise-')))
  }

  /** Has something closed with the stage. */
  async opened<T extends { stop(): Promise<void> }>(server: T): Promise<T> {
    this.#closing.push(() => server.stop())
    return server
  }

  async createTopic(): Promise<string> {
    const topic = uniqueName('promise')
    await this.cluster.createTopic(topic, partitionCount, 1)
    return topic
  }

  /** Appends `messages` of the fleet, its devices in turn; `told` hears of each. */
  async fill(
    topic: string,
    { fleet, messages, told }: { fleet: Fleet; messages: number; told?: (message: FleetMessage) => void }
  ): Promise<void> {
    for (let at = 0; at < messages; ) {
      const batch: FleetMessage[] = []
      for (; batch.length < appendSize && at < messages; at++)
        batch.push(fleet.next(fleet.devices[at % fleet.devices.length] ?? ''))
      for (const message of batch) told?.(message)
      await this.cluster.producer.append(topic, batch)
    }
  }

  /** Sends to the topic until it is told to finish. */
  send(topic: string, fleet: Fleet, perSecond: number): Sender {
    const store = (messages: readonly FleetMessage[]) => this.cluster.producer.append(topic, messages)
    const sender = new Sender({ fleet, devices: fleet.devices, store, perSecond, lanes: 1, maxMessages: 500 })
    this.#senders.push(sender)
    return sender
  }

  /** Starts a Tailrace process; resolves once its first stream runs with every partition. */
  async start(wanted: Process): Promise<Instance> {
    const name = `tailrace-${++this.#started}`
    const { nodeOptions = [], env = {}, partitions = partitionCount } = wanted
    const config = this.config(wanted)
    const options = { name, dir: this.dir, config, nodeOptions, env, guard: this.#guard }
    const instance = await Instance.start(options)
    this.#instances.push(instance)
    if (partitions > 0) await instance.running(partitions)
    return instance
  }

  /** SIGTERM, which must end in exit code 0. */
  async stop(instance: Instance): Promise<void> {
    const code = await instance.terminate()
    if (code !== 0) throw new Error(`${instance.name} ended with ${code} after SIGTERM`)
  }

  /** Resolves with the number of records in the topic, once all of them are committed by the group. */
  async settled(group: string, topic: string): Promise<number> {
    const ends = await this.cluster.ends(topic)
    const isCommitted = async () => {
      const commits = await this.cluster.committed(group, topic)
      return String(commits.map(({ next }) => next)) === String(ends)
    }
    await until('everything is committed', isCommitted)
    return ends.reduce((sum, end) => sum + end, 0)
  }

  /** The ends of the logs of all instances. */
  async logs(): Promise<string> {
    return (await Promise.all(this.#instances.map(instance => instance.tail()))).join('\n')
  }

  /** `keep` leaves the logs and configurations where they are. */
  async close(keep: boolean): Promise<void> {
    for (const sender of this.#senders) sender.abandon()
    await Promise.all(this.#instances.map(instance => instance.kill()))
    for (const close of this.#closing) await close()
    await this.cluster.close()
    await this.#guard.close()
    if (!keep) await rm(this.dir, { recursive: true })
  }

  /** What a process is configured with. */
  config({ streams, topic, sources = [], channels = {}, sections = {}, maxMemoryBytes }: Process) {
    const shared = { from: ['fleet'], start: 'earliest', retry: { minDelayMs: 100, maxDelayMs: 2_000 } }
    const described = Object.entries(streams).map(([name, stream]) => [name, { ...shared, ...stream }])
    return {
      kafka: { brokers: this.#brokers },
      listen: { http: 0, admin: 0 },
      ...(maxMemoryBytes !== undefined && { memory: { maxBytes: maxMemoryBytes } }),
      ...sections,
      channels: { fleet: { topic, partitions: partitionCount, sources }, ...channels },
      streams: Object.fromEntries(described)
    }
  }
}
