// What `tailrace check --connect` tries: that Kafka answers, how its topics compare with the channels, and that every
// target opens. Nothing is changed or sent. Sources are not tried: it says so of those that connect to somebody.

import { systemClock } from '../../../connectors/clock.ts'
import type { Target } from '../../../connectors/connector.ts'
import type { TopicSpec } from '../../../connectors/kafka/log/log.ts'
import {
  differences,
  replicationOf,
  type WantedTopic,
  wantedCompactedTopic,
  wantedDeadLetterTopic,
  wantedHeldTopic,
  wantedReceiptsTopic,
  wantedSequenceTopic,
  wantedTopic
} from '../../../connectors/kafka/topics.ts'
import type { Registry } from '../../../connectors/registry.ts'
import type { Mask } from '../../../connectors/shared/mask.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import { channelsOf, type StreamConfig } from '../../../schemas/stream.ts'
import { setsAside } from '../../ingest/set-aside.ts'
import { makeTarget } from '../../service/config/connectors.ts'
import type { ValidConfig } from '../../service/config/load.ts'
import { pathTo } from '../../service/config/problem.ts'
import { remembers } from '../../steps/compile.ts'
import { counted } from '../output.ts'

/** How long one target may take to open. */
const patienceMs = 5_000
/** How long Kafka is tried: somebody waits. */
const kafkaPatienceMs = 3_000

/** What is tried is reported by this command; nothing else is to be said. */
const silent: LogEvent = () => {}

/** One thing that was tried, by its path in the configuration. */
export interface Trial {
  readonly path: string
  readonly result: 'ok' | 'differs' | 'skipped' | 'failed'
  readonly detail: string
  /** What a person can do about a failure. */
  readonly hint?: string
}

/** Tries Kafka, the topics of the channels and every target, and says what it does not try. A failure is a trial, not a throw. */
export async function tryConnections(loaded: ValidConfig, registry: Registry): Promise<Trial[]> {
  const { config } = loaded
  const targets = Object.keys(config.streams).map(stream => tryTarget(loaded, stream, registry))
  const sources = skippedSources(config, registry)
  const trials = [...(await tryKafka(loaded, registry)), ...sources, ...(await Promise.all(targets))]
  return trials
}

/** A source that connects may take over the session of one that runs, and receive what that should. */
function skippedSources({ channels }: Config, registry: Registry): Trial[] {
  const kinds = registry.sources.flatMap(({ kind, connects }) => (connects ? [kind] : []))
  return Object.entries(channels).flatMap(([name, { sources }]) =>
    sources.flatMap((source, at) =>
      kinds
        .filter(kind => kind in source)
        .map((kind): Trial => {
          const path = [`sources`, at, kind].reduce<string>(pathTo, pathTo('channels', name))
          return { path, result: 'skipped', detail: 'sources are not tried' }
        })
    )
  )
}

async function tryKafka({ config, mask }: ValidConfig, registry: Registry): Promise<Trial[]> {
  const { kafkaLog } = await import('../../../connectors/kafka/log/kafkajs/log.ts')
  const env = { log: silent, clock: systemClock, patienceMs: kafkaPatienceMs }
  const admin = kafkaLog(config.kafka, env).admin()
  try {
    const brokers = await admin.brokers()
    const trials: Trial[] = [{ path: 'kafka', result: 'ok', detail: counted(brokers, 'broker') }]
    for (const [path, wanted] of wantedTopics(config, registry)) {
      const actual = await admin.topic(wanted.name)
      trials.push({ path, ...(actual === null ? missing(wanted, brokers) : compared(wanted, actual)) })
    }
    return trials
  } catch (error) {
    return [{ path: 'kafka', ...failed(error, mask) }]
  } finally {
    await admin.close()
  }
}

/** Every topic that Tailrace would create, by its path in the configuration. */
function wantedTopics({ channels, streams }: Config, { sources }: Registry): [string, WantedTopic][] {
  return [
    ...Object.entries(channels).flatMap(([name, channel]): [string, WantedTopic][] => [
      [`channels.${name}`, wantedTopic(channel)],
      ...(setsAside(channel, sources)
        ? [
            [`channels.${name}.deadLetters`, wantedDeadLetterTopic(channel.deadLetters)] as [
              string,
              WantedTopic
            ]
          ]
        : [])
    ]),
    ...Object.entries(streams).flatMap(([name, stream]) => {
      const partitions = Math.max(...channelsOf(stream).map(channel => channels[channel]?.partitions ?? 1))
      return topicsOfStream(stream, partitions).map(([part, wanted]): [string, WantedTopic] => [
        `streams.${name}.${part}`,
        wanted
      ])
    })
  ]
}

/** Those of its own, by what they are for. */
function topicsOfStream(stream: StreamConfig, partitions: number): [string, WantedTopic][] {
  const { deadLetters, held, ledger, receipts, sequence, silence, state, steps } = stream
  const wanted: [string, WantedTopic | undefined | false][] = [
    ['deadLetters', wantedDeadLetterTopic(deadLetters)],
    ['held', wantedHeldTopic(held, partitions)],
    ['ledger', ledger && wantedCompactedTopic(ledger.topic, partitions)],
    ['receipts', receipts && wantedReceiptsTopic(receipts, partitions)],
    ['sequence', sequence && wantedSequenceTopic(sequence, partitions)],
    ['state', (remembers(steps) || silence !== undefined) && wantedCompactedTopic(state.topic, partitions)]
  ]
  return wanted.flatMap(([part, topic]): [string, WantedTopic][] => (topic ? [[part, topic]] : []))
}

function missing(wanted: WantedTopic, brokers: number): Omit<Trial, 'path'> {
  const { name, partitions } = wanted
  const detail = `topic ${name} will be created, partitions: ${partitions}, replication: ${replicationOf(wanted, brokers)}`
  return { result: 'ok', detail }
}

function compared(wanted: WantedTopic, actual: TopicSpec): Omit<Trial, 'path'> {
  const found = differences(wanted, actual)
  if (found.length === 0) return { result: 'ok', detail: `topic ${wanted.name} is as the configuration says` }
  const list = found.map(one => `${one.setting} ${one.found} instead of ${one.expected}`).join(', ')
  return { result: 'differs', detail: `topic ${wanted.name} is left as it is: ${list}` }
}

async function tryTarget(loaded: ValidConfig, stream: string, registry: Registry): Promise<Trial> {
  const path = `streams.${stream}.target`
  let target: Target
  try {
    target = await makeTarget(loaded, stream, registry)
  } catch (error) {
    return { path, ...failed(error, loaded.mask) }
  }
  const signal = AbortSignal.timeout(patienceMs)
  try {
    await target.open(signal)
    return { path, result: 'ok', detail: 'reached' }
  } catch (error) {
    const late = `not reached within ${patienceMs / 1000} seconds`
    return { path, ...(signal.aborted ? { result: 'failed', detail: late } : failed(error, loaded.mask)) }
  } finally {
    await target.close()
  }
}

/** Our own sentences are not masked: a short secret would be told by what is missing in them. */
function failed(error: unknown, mask: Mask): Omit<Trial, 'path'> {
  const hint = error instanceof FaultError ? error.spec.hint : undefined
  return { result: 'failed', detail: mask.error(error).message, ...(hint !== undefined && { hint }) }
}
