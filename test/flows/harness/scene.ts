// The stage of one case: a topic on a real Kafka, the receiver with its ledger, senders, and as many Tailrace
// processes as the case starts. Everything on it is closed with it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Guard } from '../../../connectors/kafka/local/guard.ts'
import type { LocalKafka } from '../../../connectors/kafka/local/local.ts'
import { uniqueName } from '../../kafka.ts'
import { Cluster, type Commit } from './cluster.ts'
import { Fleet, type FleetMessage } from './fleet.ts'
import { Instance, type LogLine } from './instance.ts'
import { Ledger } from './ledger.ts'
import { instanceHeader, Receiver } from './receiver.ts'
import { post, Sender, type SenderOptions } from './sender.ts'
import { tick, until, untilNoneIsLeft } from './until.ts'
import { type Fault, judge, type Verdict } from './verdict.ts'

export const partitionCount = 12
const channel = 'fleet'

/** Connections of a sender that POSTs. */
export const lanesOfPosts = 8

export interface SceneOptions {
  readonly brokers: readonly string[]
  /** The case's own Kafka, where it has one. */
  readonly kafka: LocalKafka | undefined
}

export interface InstanceSettings {
  readonly start?: 'earliest' | 'latest'
  readonly maxMemoryBytes?: number
  readonly nodeOptions?: readonly string[]
  /** How long the head and the body of an answer may take each. */
  readonly answerTimeoutMs?: number
  /** Told every line of its log, with its name. */
  readonly onLine?: (instance: string, line: LogLine) => void
}

type Commits = readonly Commit[]

/** How long a process that is about to be killed may take to tell which partitions it has. */
const statusTimeoutMs = 2_000

export class Scene {
  readonly fleet = new Fleet()
  readonly ledger: Ledger
  readonly topic = uniqueName('flow')
  readonly group = uniqueName('flow')
  readonly cluster: Cluster
  readonly receiver: Receiver
  readonly kafka: LocalKafka | undefined
  /** From which number on the messages of a device are owed; empty: all. */
  owedFrom: ReadonlyMap<string, number> = new Map()
  readonly #brokers: readonly string[]
  /** Where the logs and configurations lie. */
  readonly dir: string
  readonly #guard = new Guard(undefined)
  readonly #instances: Instance[] = []
  readonly #senders: Sender[] = []
  readonly #faults: Fault[] = []

  private constructor(options: SceneOptions, dir: string, receiver: Receiver) {
    this.#brokers = options.brokers
    this.dir = dir
    this.kafka = options.kafka
    this.cluster = new Cluster(options.brokers)
    this.receiver = receiver
    this.ledger = receiver.ledger
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const dir = await mkdtemp(join(tmpdir(), 'tailrace-flow-'))
    const receiver = await Receiver.open({ ledger: new Ledger(), logFile: join(dir, 'receiver.log') })
    const scene = new Scene(options, dir, receiver)
    await scene.cluster.createTopic(scene.topic, partitionCount, options.brokers.length)
    return scene
  }

  /** Starts a Tailrace process; it need not run yet when this resolves. */
  async spawn(settings: InstanceSettings = {}): Promise<Instance> {
    const name = `tailrace-${this.#instances.length + 1}`
    const config = this.#config(name, settings)
    const { nodeOptions = [], onLine } = settings
    const instance = await Instance.start({
      name,
      dir: this.dir,
      config,
      nodeOptions,
      guard: this.#guard,
      onLine: line => onLine?.(name, line)
    })
    this.#instances.push(instance)
    return instance
  }

  /** Starts a Tailrace process and resolves once it runs with at least `partitions` partitions. */
  async start(partitions = 1, settings: InstanceSettings = {}): Promise<Instance> {
    const instance = await this.spawn(settings)
    await instance.running(partitions)
    return instance
  }

  /** Sends straight into Kafka; `devices` are all but where it shares them with another sender. */
  sendToKafka(perSecond: number, devices = this.fleet.devices): Sender {
    const store = (messages: readonly FleetMessage[]) => this.cluster.producer.append(this.topic, messages)
    return this.#sender({ fleet: this.fleet, devices, store, perSecond, lanes: 1, maxMessages: 500 })
  }

  /** POSTs to the channel of an instance: whichever there is when a request begins. */
  sendTo(instance: () => Instance, perSecond: number, devices = this.fleet.devices): Sender {
    const store = (messages: readonly FleetMessage[]) => {
      return post(
        instance().ingestUrl(channel),
        messages.map(({ value }) => value.toString())
      )
    }
    const { fleet } = this
    return this.#sender({ fleet, devices, store, perSecond, lanes: lanesOfPosts, maxMessages: 50 })
  }

  /** Kills an instance and writes down how far it had got, beside what Kafka knew where it has died before. */
  async kill(instance: Instance, committed?: () => Commits | Promise<Commits>): Promise<void> {
    const { assignments } = instance
    const held = await partitionsOf(instance)
    this.receiver.noteDying(instance.name)
    await instance.kill()
    await this.receiver.untilGone(instance.name)
    await this.noteFault(committed?.(), instance.assignments === assignments ? held : null)
  }

  /**
   * Writes down what has arrived, beside what Kafka knows of it now, or knew just before it died. The fault concerns
   * `partitions` only; null: all.
   */
  async noteFault(
    committed: Commits | Promise<Commits> = this.committed(),
    partitions: ReadonlySet<number> | null = null
  ): Promise<void> {
    const { arrivals } = this.ledger
    this.#faults.push({ arrivals, committed: await committed, partitions })
  }

  /** Faults that were found out later. */
  addFaults(faults: readonly Fault[]): void {
    this.#faults.push(...faults)
  }

  committed(): Promise<Commit[]> {
    return this.cluster.committed(this.group, this.topic)
  }

  /** Resolves once `messages` more have arrived for the first time. */
  async moreArrive(messages: number): Promise<void> {
    const goal = this.ledger.distinct + messages
    const left = await untilNoneIsLeft(() => Math.max(0, goal - this.ledger.distinct))
    if (left > 0) throw new Error(`${messages} more messages should have arrived; ${left} of them have not`)
  }

  /** Ends the sending after at least `messages`, and then settles. */
  async finish(sender: Sender, messages: number): Promise<void> {
    await sender.finish(messages)
    await this.settle()
  }

  /**
   * Lets everything arrive and be committed, and stops every instance. What does not arrive shows in the verdict.
   */
  async settle(): Promise<void> {
    let owed = 0
    for (const [device, count] of this.fleet.issued) owed += count - (this.owedFrom.get(device) ?? 0)
    await untilNoneIsLeft(() => owed - this.ledger.distinct)
    const ends = await this.cluster.ends(this.topic)
    await until('everything is committed', async () => {
      const commits = await this.committed()
      return ends.every((end, partition) => commits[partition]?.next === end)
    })
    for (const instance of this.#instances) await this.stop(instance)
  }

  /** SIGTERM, which must end in exit code 0. */
  async stop(instance: Instance): Promise<void> {
    if (instance.hasEnded) return
    const code = await instance.terminate()
    if (code !== 0) throw new Error(`${instance.name} ended with ${code} after SIGTERM`)
  }

  async judge(): Promise<Verdict> {
    const copies = await this.cluster.copies(this.topic)
    const { ledger, owedFrom } = this
    return judge({ sent: this.fleet.issued, owedFrom, ledger, copies, faults: this.#faults })
  }

  /** Examples of a verdict, each followed by what the receiver's log says of the requests the message was in. */
  async lookInto(examples: readonly string[]): Promise<string[]> {
    const nameOf = (example: string) => example.split(' ')[0] ?? ''
    const found = await this.receiver.find(examples.map(nameOf))
    return examples.flatMap(example => [
      example,
      ...(found.get(nameOf(example)) ?? []).map(line => `  ${line}`)
    ])
  }

  /** The ends of the logs of all instances. */
  async logs(): Promise<string> {
    return (await Promise.all(this.#instances.map(instance => instance.tail()))).join('\n')
  }

  /** `keep` leaves the logs and configurations where they are. */
  async close(keep: boolean): Promise<void> {
    for (const sender of this.#senders) sender.abandon()
    await Promise.all(this.#instances.map(instance => instance.kill()))
    await this.receiver.close()
    await this.cluster.close()
    await this.#guard.close()
    if (!keep) await rm(this.dir, { recursive: true })
  }

  #sender(options: SenderOptions): Sender {
    const sender = new Sender(options)
    this.#senders.push(sender)
    return sender
  }

  #config(name: string, settings: InstanceSettings) {
    const { start = 'earliest', maxMemoryBytes, answerTimeoutMs = 5_000 } = settings
    const timeouts = { responseTimeoutMs: answerTimeoutMs, bodyTimeoutMs: answerTimeoutMs }
    const headers = { [instanceHeader]: name }
    return {
      kafka: { brokers: this.#brokers },
      listen: { http: 0, admin: 0 },
      ...(maxMemoryBytes !== undefined && { memory: { maxBytes: maxMemoryBytes } }),
      channels: { [channel]: { topic: this.topic, partitions: partitionCount, sources: [{ http: {} }] } },
      streams: {
        acme: {
          from: [channel],
          group: this.group,
          start,
          retry: { minDelayMs: 100, maxDelayMs: 2_000 },
          target: { http: { url: this.receiver.url, headers, ...timeouts } }
        }
      }
    }
  }
}

/** The partitions that an instance has; null when it does not tell. */
async function partitionsOf(instance: Instance): Promise<ReadonlySet<number> | null> {
  const stream = await Promise.race([instance.stream(), tick(statusTimeoutMs).then(() => null)])
  return stream === null ? null : new Set(stream.partitions.map(({ partition }) => partition))
}
