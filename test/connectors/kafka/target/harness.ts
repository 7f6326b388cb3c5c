// A Kafka target in front of the cluster that misbehaves to order, and what came of messages that it delivered.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../../connectors/clock.ts'
import type { Message, Outcome, Target, TargetEnv } from '../../../../connectors/connector.ts'
import { kafkaTarget } from '../../../../connectors/kafka/index.ts'
import {
  KafkaDouble,
  type KafkaDoubleOptions,
  type ProducedRecord
} from '../../../../connectors/kafka/target/double/double.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { batchFrom } from '../../../messages.ts'

export interface Scene {
  readonly double: KafkaDouble
  /** What was confirmed, in order. */
  readonly stored: ProducedRecord[]
  /** How many produce requests came. */
  requests(): number
  target(settings?: Record<string, unknown>, env?: Partial<TargetEnv>): Promise<Target>
  deliver(target: Target, messages: readonly Message[]): Promise<Outcome[]>
}

/** Topics with their numbers of partitions; others do not exist. */
export async function sceneWith(
  t: ExecutionContext,
  topics: Readonly<Record<string, number>>,
  options: Partial<KafkaDoubleOptions> = {}
): Promise<Scene> {
  const stored: ProducedRecord[] = []
  let requests = 0
  const double = new KafkaDouble({
    clock: systemClock,
    partitionsOf: topic => topics[topic] ?? { error: 3 },
    confirmed: records => void stored.push(...records),
    ...options,
    ledger: records => {
      requests++
      options.ledger?.(records)
    }
  })
  await double.start()
  t.teardown(() => double.stop())
  return {
    double,
    stored,
    requests: () => requests,
    async target(settings = {}, env = {}) {
      const wanted = { brokers: [`127.0.0.1:${double.port}`], topic: Object.keys(topics)[0], ...settings }
      const config = Value.Parse(kafkaTarget.config, Value.Default(kafkaTarget.config, wanted))
      const base = { stream: 's', clock: systemClock, log: () => {}, mask: new Mask([]) }
      const target = await kafkaTarget.create(config, { ...base, ...env })
      t.teardown(() => target.close())
      return target
    },
    async deliver(target, messages) {
      const outcomes = await target.deliver(batchFrom(messages), new AbortController().signal)
      return Array.isArray(outcomes) ? outcomes : messages.map(() => outcomes)
    }
  }
}

/** `<key>:<value>` of what is stored, by topic and partition. */
export function byPlace(records: readonly ProducedRecord[]): Record<string, string[]> {
  const places: Record<string, string[]> = {}
  for (const { topic, partition, key, value } of records) {
    const place = `${topic}/${partition}`
    places[place] = [...(places[place] ?? []), `${key}:${value}`]
  }
  return places
}

export function kindsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ kind }) => kind)
}
