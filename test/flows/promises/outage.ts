// The target is down while messages keep coming: the process must hold what it holds and no more, and keep its place in
// the group. Afterwards the backlog must drain nearly as fast as a new process with the same stream forwards as many
// messages of the same topic to a receiver that was never away, each with nothing else beside it.

import { uniqueName } from '../../kafka.ts'
import { Fleet } from '../harness/fleet.ts'
import type { Instance } from '../harness/instance.ts'
import { leavesSome } from '../harness/memory/full.ts'
import { watchedNode, watchMemory } from '../harness/memory/watch.ts'
import { until, untilNoneIsLeft } from '../harness/until.ts'
import { complaintsAbout } from './arrivals.ts'
import { type EnginePromise, type Findings, median, round3, unless } from './promise.ts'
import { Sink } from './sink.ts'
import type { Stage } from './stage.ts'

const perSecond = 2_000
const leastShare = 0.8
const latencyMs = 10

/** How long a busy machine may take until the memory is full. */
const fillLimitMs = 180_000

/** Little, so that it is soon full. */
const maxMemoryBytes = 32 << 20

export const outage: EnginePromise = {
  name: 'outage',
  title: 'a target that is down for long costs neither memory nor the place in the group',
  async run(stage, { forwardRounds, outageMs }) {
    const topic = await stage.createTopic()
    const fleet = new Fleet()
    const sink = await Sink.open(stage, { latencyMs })
    const group = uniqueName('outage')
    const instance = await start(stage, { topic, group, sink })
    const sender = stage.send(topic, fleet, perSecond)
    await untilNoneIsLeft(() => perSecond - sink.ledger.distinct)
    await sink.stop()
    const down = await watch(stage, { instance, group, outageMs })
    await sender.finish(0)
    const backlog = sender.stored - sink.ledger.distinct
    const drain = await drained(sink, backlog, () => sink.start())
    const joins = instance.logged('partitions_assigned')
    const stored = await stage.settled(group, topic)
    await stage.stop(instance)
    const forward: number[] = []
    while (forward.length < forwardRounds) forward.push(await forwarded(stage, topic, backlog))
    const figures = { outageSeconds: outageMs / 1000, memory: down.memory, backlog, ...drain }
    return {
      complaints: [
        ...complaintsAbout(sink.ledger, { sent: fleet.issued, stored }),
        ...down.complaints,
        ...unless([joins === 1, `it joined its group ${joins} times`])
      ],
      ...compared(drain.drainPerSecond, forward, figures)
    }
  }
}

function compared(drainPerSecond: number, forwardPerSecond: readonly number[], figures: Findings['figures']) {
  if (forwardPerSecond.length === 0) return { shortfalls: [], figures }
  const share = round3(drainPerSecond / median(forwardPerSecond))
  const shortfall = `the backlog drains at ${share} of the forward rate, not ${leastShare}`
  return {
    shortfalls: unless([share >= leastShare, shortfall]),
    figures: { ...figures, forwardPerSecond, share }
  }
}

interface Outage {
  readonly instance: Instance
  readonly group: string
  readonly outageMs: number
}

/** Watches the process while its target is down. */
async function watch(stage: Stage, { instance, group, outageMs }: Outage) {
  const member = String(await stage.cluster.members(group))
  await until('the memory is full', () => isFull(instance), fillLimitMs)
  const { complaints, notes: memory } = await watchMemory(instance, outageMs)
  const stream = await instance.stream()
  const memberAfter = String(await stage.cluster.members(group))
  const deadLetters = stream?.accounts.dead_lettered ?? 0
  return {
    memory,
    complaints: [
      ...complaints,
      ...unless(
        [memberAfter === member, `the member was ${member} and is ${memberAfter}`],
        [stream?.state === 'waiting', `while the target was down the stream was ${stream?.state}`],
        [deadLetters === 0, `${deadLetters} dead letters`]
      )
    ]
  }
}

/** Every partition has left messages in Kafka for want of room. */
async function isFull(instance: Instance): Promise<boolean> {
  const stream = await instance.stream()
  return stream?.partitions.every(leavesSome) ?? false
}

interface Stream {
  readonly topic: string
  readonly group: string
  readonly sink: Sink
}

function start(stage: Stage, { topic, group, sink }: Stream): Promise<Instance> {
  const target = { http: { url: sink.url } }
  return stage.start({
    topic,
    streams: { acme: { group, target } },
    maxMemoryBytes,
    nodeOptions: watchedNode
  })
}

/** How fast the next `messages` arrive once `begin` has resolved, counted from the first. */
async function drained(sink: Sink, messages: number, begin: () => Promise<unknown>) {
  sink.pace.reset()
  const startedMs = performance.now()
  const begun = begin()
  await untilNoneIsLeft(() => (sink.pace.count > 0 ? 0 : 1))
  const secondsUntilFirst = round3((performance.now() - startedMs) / 1000)
  await untilNoneIsLeft(() => messages - sink.pace.count)
  const { perSecond } = sink.pace
  await begun
  return { drainPerSecond: perSecond, secondsUntilFirst }
}

/** The rate at which a new stream of the same settings delivers the first `messages` of the topic. */
async function forwarded(stage: Stage, topic: string, messages: number): Promise<number> {
  const sink = await Sink.open(stage, { latencyMs })
  let instance: Instance | undefined
  const { drainPerSecond } = await drained(sink, messages, async () => {
    instance = await start(stage, { topic, group: uniqueName('forward'), sink })
  })
  if (instance !== undefined) await stage.stop(instance)
  await sink.stop()
  return drainPerSecond
}
