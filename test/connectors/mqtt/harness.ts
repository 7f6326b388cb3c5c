// A target against a double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../connectors/clock.ts'
import type { Batch, Outcome, TargetEnv } from '../../../connectors/connector.ts'
import { MqttTarget } from '../../../connectors/mqtt/target.ts'
import { type MqttTargetConfig, mqttTargetSchema } from '../../../connectors/mqtt/target-config.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { MqttDouble, type MqttDoubleOptions, type Published } from '../../../connectors/shared/mqtt/double.ts'
import { batchFrom, messagesOf } from '../../messages.ts'

export type Settings = Partial<MqttTargetConfig>

/** A target with the schema's defaults and these settings. */
export function targetAt(
  t: ExecutionContext,
  url: string,
  settings: Settings & Partial<Pick<TargetEnv, 'clock' | 'ttlMs' | 'replay'>> = {}
): MqttTarget {
  const { clock = systemClock, ttlMs, replay, ...rest } = settings
  const given = { url, topic: 'fleet/telemetry', ...rest }
  const config = Value.Parse(mqttTargetSchema, Value.Default(mqttTargetSchema, given))
  const env = { stream: 'acme', clock, log: () => {}, mask: new Mask([]), ttlMs }
  const target = new MqttTarget(config, replay === undefined ? env : { ...env, replay })
  t.teardown(() => target.close())
  return target
}

/** A running double that keeps what it got. */
export async function doubleWith(t: ExecutionContext, options: Partial<MqttDoubleOptions> = {}) {
  const ledger: Published[] = []
  const double = new MqttDouble({
    clock: systemClock,
    ledger: published => void ledger.push(published),
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  /** The offsets that arrived, in order. */
  const arrived = () => ledger.map(numberOf)
  return { double, ledger, arrived }
}

/** The number that a message of batchOf() carries in its value. */
export function numberOf({ payload }: Pick<Published, 'payload'>): number {
  return Number(/"n":(\d+)/.exec(payload.toString())?.[1])
}

/** `count` messages, numbered on from `from`, of as many devices unless fewer are named, which then take turns. */
export function batchOf(count: number, options: { from?: number; devices?: number } = {}): Batch {
  const { from = 0, devices = 1_000_000 } = options
  const numbers = Array.from({ length: count }, (_, at) => from + at)
  const keys = numbers.map(number => `d${number % devices}`)
  const values = numbers.map((number, at) => `{"ident":"${keys[at]}","n":${number}}`)
  return batchFrom(messagesOf(values, { keys, firstOffset: from }))
}

/** A batch with the messages at these positions. */
export function partOf(batch: Batch, isPart: (at: number) => boolean): Batch {
  return batchFrom(batch.messages.filter((_, at) => isPart(at)))
}

export function deliver(
  target: MqttTarget,
  batch: Batch,
  signal: AbortSignal = new AbortController().signal
): Promise<Outcome | Outcome[]> {
  return target.deliver(batch, signal)
}

/** The outcomes of one attempt, one per message, each as its kind and code. */
export async function outcomesOf(target: MqttTarget, batch: Batch, signal?: AbortSignal): Promise<string[]> {
  const outcome = await deliver(target, batch, signal)
  const list = Array.isArray(outcome) ? outcome : batch.messages.map(() => outcome)
  return list.map(one => (one.kind === 'delivered' ? one.kind : `${one.kind} ${one.code}`))
}
