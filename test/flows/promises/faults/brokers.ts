// Faults of Kafka: positions and topics that vanish, retention that comes near, brokers that take nothing, a full disk, and
// no broker at all, before the start and after it. They happen to a Kafka of their own.

import { execFileSync } from 'node:child_process'
import type { LocalKafka } from '../../../../connectors/kafka/local/local.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet, type FleetMessage } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { post, Sender } from '../../harness/sender.ts'
import { until } from '../../harness/until.ts'
import { Sink } from '../sink.ts'
import { type Process, partitionCount, type Stage } from '../stage.ts'
import { type Fault, type Prepared, toldOf, trouble, troubled } from './fault.ts'

const perSecond = 50
const hourMs = 3_600_000
/** How old a message is that will soon be deleted, and how long its topic keeps it. */
const kept = { ageMs: 4 * hourMs, forMs: 4 * hourMs + 240_000 }

/** Starts a process on a Kafka of its own; resolves once it does what the faults are to disturb. */
export async function brokerFaults(stage: Stage): Promise<Prepared & { readonly instance: Instance }> {
  const topics = await prepareTopics(stage)
  const sink = await Sink.open(stage, { latencyMs: 5 })
  const instance = await stage.start(await processOf(stage, topics, sink))
  stage.send(topics.plain, new Fleet(), perSecond)
  await until('the process delivers', () => sink.pace.count > 0)
  postTo(stage, instance)
  const faults = [retentionNear, positionLost, topicGone]
  return {
    instance,
    faults: faults.map(fault => ({ ...fault, instance })),
    async strike() {
      await stage.cluster.deleteTopic(topics.gone)
    }
  }
}

/** The topics of its channels, one of them with old messages, and a group that has lost its place in another. */
async function prepareTopics(stage: Stage) {
  const topics = {
    ...{ plain: uniqueName('plain'), kept: uniqueName('kept'), lost: uniqueName('lost') },
    ...{ gone: uniqueName('gone'), shut: uniqueName('shut') }
  }
  await prepareKept(stage, topics.kept)
  for (const topic of [topics.plain, topics.lost, topics.gone, topics.shut])
    await stage.cluster.createTopic(topic, partitionCount, 1)
  const lostGroup = uniqueName('faults')
  await loseThePositionsOf(stage, lostGroup, topics.lost)
  return { ...topics, lostGroup }
}

async function processOf(
  stage: Stage,
  { plain, kept, lost, gone, shut, lostGroup }: Awaited<ReturnType<typeof prepareTopics>>,
  sink: Sink
): Promise<Process> {
  const down = await Sink.open(stage, { latencyMs: 5 })
  await down.stop()
  const channel = (topic: string) => ({ topic, partitions: partitionCount })
  const stream = (from: string, to: Sink, group = uniqueName('faults')) => ({
    ...{ from: [from], group },
    target: { http: { url: to.url } }
  })
  return {
    topic: plain,
    channels: {
      ...{ kept: channel(kept), lost: channel(lost), gone: channel(gone) },
      shut: { ...channel(shut), sources: [{ http: {} }] }
    },
    streams: {
      ...{ plain: stream('fleet', sink), kept: stream('kept', down) },
      ...{ lost: stream('lost', sink, lostGroup), gone: stream('gone', sink) }
    }
  }
}

/** Sends to a channel over HTTP, and again what was not taken. */
function postTo(stage: Stage, instance: Instance): void {
  const fleet = new Fleet(1)
  const store = (messages: readonly FleetMessage[]) =>
    post(
      instance.ingestUrl('shut'),
      messages.map(({ value }) => value.toString())
    )
  const sender = new Sender({ fleet, devices: fleet.devices, store, perSecond: 5, lanes: 1, maxMessages: 5 })
  void stage.opened({ stop: async () => sender.abandon() })
}

type BrokerFault = Omit<Fault, 'instance'>

const ofStream = (stream: string) => ({
  ...{ stream, metric: trouble(stream) },
  told: (status: Parameters<Fault['told']>[0]) => toldOf(stream, status, troubled)
})

const retentionNear: BrokerFault = {
  ...{ theme: 'Kafka', name: 'kept: retention will delete in minutes what is not delivered' },
  ...{ stream: 'kept', reason: /http_connect_failed/, alert: 'TailraceTimeToLossCritical' },
  metric: `tailrace_stream_time_to_loss_seconds{stream="kept"} < ${(kept.forMs - kept.ageMs) / 1000}`,
  told: status =>
    toldOf('kept', status, ({ timeToLossSeconds, ...report }) => {
      const told = troubled(report)
      return told === null || typeof timeToLossSeconds !== 'number'
        ? null
        : { ...told, next: `lost in ${Math.round(timeToLossSeconds)} s, tried again ${told.next}` }
    })
}

const positionLost: BrokerFault = {
  ...{ theme: 'Kafka', name: 'lost: messages were deleted before they were delivered' },
  ...{ ...ofStream('lost'), reason: /position_lost/, alert: 'TailraceStreamHalted' }
}

const topicGone: BrokerFault = {
  ...{ theme: 'Kafka', name: 'gone: the topic of the channel was deleted' },
  ...{ ...ofStream('gone'), reason: /topic_missing/, alert: 'TailraceStreamHalted' }
}

const nothingTaken: BrokerFault = {
  ...{ theme: 'Kafka', name: 'shut: the broker stands still and takes nothing', stream: null },
  ...{ reason: /kafka_unavailable/, alert: 'TailraceSendersRefused' },
  metric: 'tailrace_channel_append_waiting_seconds{channel="shut"} > 5',
  told({ channels }) {
    const trouble = channels.find(({ name }) => name === 'shut')?.trouble
    return trouble === undefined ? null : { reason: trouble.code, next: trouble.hint ?? '' }
  }
}

/** The broker stands still, until it is let go. */
export function standingStill(kafka: LocalKafka, running: Instance): { faults: Fault[]; letGo(): void } {
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const { pid } of kafka.nodes) if (pid !== undefined) process.kill(pid, name)
  }
  signal('SIGSTOP')
  return { faults: [{ ...nothingTaken, instance: running }], letGo: () => signal('SIGCONT') }
}

/** The broker is gone, for a process that runs and for one that is started now. */
export async function withoutBroker(stage: Stage, kafka: LocalKafka, running: Instance): Promise<Fault[]> {
  for (const node of kafka.nodes) await node.kill()
  const target = { http: { url: 'http://127.0.0.1:9/' } }
  const streams = { late: { group: uniqueName('faults'), target } }
  const starting = await stage.start({ topic: uniqueName('late'), streams, partitions: 0 })
  await until('the process listens', () => starting.adminAddress !== null)
  return [{ ...brokerGone, instance: running }, notReached(starting)]
}

/** The disk of the broker takes no more, once it is back and in use. */
export async function fullDisk(kafka: LocalKafka, running: Instance): Promise<Fault[]> {
  for (const node of kafka.nodes) await node.start()
  await until('the stream runs again', async () => {
    const plain = (await running.streams()).find(({ name }) => name === 'plain')
    return plain?.state === 'running' && plain.trouble === undefined
  })
  // No file may grow any further: to Kafka that is what a full disk is.
  for (const { pid } of kafka.nodes) execFileSync('prlimit', [`--pid=${pid}`, '--fsize=1'])
  await kafka.crashed
  return [{ ...diskFull, instance: running }]
}

const brokerGone: BrokerFault = {
  ...{ theme: 'network', name: 'plain: no broker can be reached any more' },
  ...{ ...ofStream('plain'), reason: /kafka_unreachable/ }
}

const diskFull: BrokerFault = {
  ...{ theme: 'disk', name: 'plain: the disk of the broker is full' },
  ...{ ...ofStream('plain'), reason: /kafka_unreachable/ }
}

function notReached(instance: Instance): Fault {
  return {
    ...{ theme: 'Kafka', name: 'no broker can be reached at the start', stream: null, instance },
    ...{ reason: /kafka_unreachable/, alert: 'TailraceNotReady' },
    metric: `tailrace_service_trouble{instance="${instance.adminAddress}"} == 1`,
    told: ({ trouble }) =>
      trouble === undefined ? null : { reason: trouble.code, next: trouble.nextAttempt ?? '' }
  }
}

/** Messages that have waited for most of the time that their topic keeps them. */
async function prepareKept(stage: Stage, topic: string): Promise<void> {
  await stage.cluster.createPastTopic(topic, partitionCount)
  const fleet = new Fleet(10)
  const timeMs = Date.now() - kept.ageMs
  await stage.cluster.appendPast(
    topic,
    fleet.devices.map(device => ({ ...fleet.next(device), timeMs }))
  )
  await stage.cluster.alter(topic, { 'retention.ms': String(kept.forMs) })
}

/** A group that has committed the beginning of the topic, which is deleted. */
async function loseThePositionsOf(stage: Stage, group: string, topic: string): Promise<void> {
  await stage.fill(topic, { fleet: new Fleet(), messages: 500 })
  const ends = await stage.cluster.ends(topic)
  await stage.cluster.skipTo(
    group,
    topic,
    ends.map(() => 0)
  )
  await stage.cluster.deleteRecords(topic, ends)
}
