// Carries a replay out: the stream's own engine and target on a buffer of what is replayed, with a group, a rate and a
// mark of its own. How far it got is written to Kafka every other second, so that a replay that dies repeats little.

import { every, systemClock } from '../../../connectors/clock.ts'
import type { TargetEnv } from '../../../connectors/connector.ts'
import { ensureTopic, wantedDeadLetterTopic } from '../../../connectors/kafka/topics.ts'
import { createTarget, registry } from '../../../connectors/registry.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import { streamOptions } from '../../service/streams/build.ts'
import { silentMeter } from '../../stream/meter.ts'
import { ends } from '../../stream/settlement/accounts.ts'
import { Stream } from '../../stream/stream.ts'
import type { StreamView } from '../shared/stream.ts'
import { presentSurroundings } from '../shared/surroundings.ts'
import { fired } from '../terminal/interrupt.ts'
import { grouped, Progress } from '../terminal/progress.ts'
import { ReplayBuffer, replayProducer } from './buffer.ts'
import { matcher } from './range.ts'
import { type Plan, targetOf } from './replay.ts'

const lookMs = 100
const keepMs = 2_000
const drainMs = 10_000
const budget = { windowBytes: 16_777_216, maxFetchBytes: 1_048_576 }

export interface Order {
  readonly plan: Plan
  readonly ratePerSecond: number
  /** Shows no progress. */
  readonly quiet: boolean
  /** Breaks it off. */
  readonly signal: AbortSignal
}

export interface Outcome {
  readonly delivered: number
  readonly deadLettered: number
  /** All of it has ended. */
  readonly isComplete: boolean
}

export async function carryOut(
  view: StreamView,
  { plan, ratePerSecond, quiet, signal }: Order
): Promise<Outcome> {
  const clock = systemClock
  const { admin, topics } = view
  const { group, parts, selection } = plan
  const buffer = new ReplayBuffer({ clock, admin, parts, group, matches: matcher(selection) })
  await buffer.open(topics, [view.config.deadLetters.topic])
  const stream = await openStream(view, plan, { buffer, ratePerSecond })
  const progress = new Progress({ clock, json: false, quiet, out: quiet ? nowhere : process.stderr }, () => ({
    fields: {},
    line: lineOf(stream, plan)
  }))
  const allEnded = new AbortController()
  const stopLooking = every(clock, lookMs, () => {
    buffer.noteEnded(endedOf(stream))
    if (isDone(stream, buffer)) allEnded.abort()
  })
  const stopKeeping = every(clock, keepMs, () => void keep(view, plan, buffer).catch(() => {}))
  try {
    await stream.start()
    progress.start()
    const filled = buffer.fill().then(() => fired(allEnded.signal))
    await Promise.race([filled, fired(signal)])
  } finally {
    stopLooking()
    stopKeeping()
    buffer.stop()
    await stream.stop(drainMs)
    progress.stop({ fields: {}, line: lineOf(stream, plan) })
  }
  const { accounts } = stream.status()
  const isComplete = isDone(stream, buffer)
  await keep(view, plan, isComplete ? null : buffer)
  return { delivered: accounts.delivered, deadLettered: accounts.dead_lettered, isComplete }
}

const nowhere = { write: () => {} }

async function openStream(
  view: StreamView,
  plan: Plan,
  { buffer, ratePerSecond }: { readonly buffer: ReplayBuffer; readonly ratePerSecond: number }
): Promise<Stream> {
  const { admin, config, folder, mask, name, producer, whole } = view
  const { target } = targetOf(view, plan.target)
  const env: TargetEnv = { clock: systemClock, log: () => {}, mask, stream: name, replay: plan.name }
  const replayed = replayedConfig(config, { group: plan.group, ratePerSecond })
  const surroundings = await presentSurroundings(whole, { folder, admin })
  const wanted = { name, config: replayed, channels: whole.channels, sinceMs: 0, budget, surroundings }
  const deadLetters = wantedDeadLetterTopic(config.deadLetters)
  const ensure = async () => {
    await ensureTopic(admin, deadLetters, () => {})
  }
  return new Stream(streamOptions(wanted), {
    ...env,
    reached: () => {},
    meter: silentMeter,
    admin: buffer.log.admin(),
    target: await createTarget(registry, target, env),
    producer: replayProducer(buffer.log.producer(), producer, { deadLetters: deadLetters.name, ensure }),
    consumer: options => buffer.log.consumer(options)
  })
}

/** The stream as it is, but for what is of the live traffic: its group, its pace, its age, receipts, who waits and who is silent. */
function replayedConfig(
  { ttlSeconds: _, silence: __, receipts: ___, ...config }: StreamConfig,
  { group, ratePerSecond }: { readonly group: string; readonly ratePerSecond: number }
): StreamConfig {
  const rateLimit = { ...config.rateLimit, messagesPerSecond: ratePerSecond }
  return { ...config, group, rateLimit, start: 'earliest', paused: false, onDeviceReject: 'dead-letter' }
}

/** Everything was handed to the stream, and has ended. */
function isDone(stream: Stream, buffer: ReplayBuffer): boolean {
  return buffer.isComplete && endedOf(stream) === buffer.fed
}

/** Messages that came to their end, in whatever way. */
function endedOf(stream: Stream): number {
  const { accounts } = stream.status()
  return ends.reduce((sum, end) => sum + (end === 'returned' ? 0 : accounts[end]), 0)
}

/** Notes in Kafka how far it got; without a buffer that it is complete. */
async function keep({ admin, topics }: StreamView, plan: Plan, buffer: ReplayBuffer | null): Promise<void> {
  const { group, parts } = plan
  if (buffer === null) {
    const ended = parts.map(({ topic, partition, to }) => ({ topic, partition, next: to, metadata: '' }))
    return admin.moveOffsets(group, ended)
  }
  const committed = await buffer.log.admin().committed(group, topics)
  const entries = committed.flatMap(({ next, ...rest }) => (next === null ? [] : { ...rest, next }))
  const isOurs = (topic: string, partition: number) =>
    parts.some(part => part.topic === topic && part.partition === partition)
  await admin.moveOffsets(
    group,
    entries.filter(({ topic, partition }) => isOurs(topic, partition))
  )
  await buffer.trim(topics)
}

function lineOf(stream: Stream, { found }: Plan): string {
  const { accounts, state, trouble } = stream.status()
  const refused = accounts.dead_lettered === 0 ? '' : `, ${grouped(accounts.dead_lettered)} refused`
  const why = trouble === undefined ? '' : `; ${state}: ${trouble.sentence}: ${trouble.detail}`
  return `${grouped(accounts.delivered)} of ${grouped(found.messages)} delivered${refused}${why}`
}
