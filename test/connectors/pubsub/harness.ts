// A Pub/Sub target against its double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../connectors/clock.ts'
import type { Message, Outcome, Target, TargetEnv } from '../../../connectors/connector.ts'
import {
  type PublishedMessage,
  PubsubDouble,
  type PubsubDoubleOptions
} from '../../../connectors/pubsub/double.ts'
import { pubsubTarget } from '../../../connectors/pubsub/index.ts'
import { pubsubTargetSchema } from '../../../connectors/pubsub/target-config.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { batchFrom, messagesOf } from '../../messages.ts'

export const topic = 'projects/acme-prod/topics/telemetry'

/** A target with the schema's defaults and these settings; without `endpoint` it must be told an `emulator`. */
export async function targetWith(
  t: ExecutionContext,
  settings: Readonly<Record<string, unknown>>,
  env: Partial<TargetEnv> = {}
): Promise<Target> {
  const given = { project: 'acme-prod', topic: 'telemetry', ...settings }
  const whole = Value.Default(pubsubTargetSchema, Object.fromEntries(Object.entries(given).filter(isGiven)))
  const own = { stream: 'acme', clock: systemClock, log: () => {}, mask: new Mask([]), ...env }
  const target = await pubsubTarget.create(Value.Parse(pubsubTargetSchema, whole), own)
  t.teardown(() => target.close())
  return target
}

const isGiven = ([, value]: [string, unknown]) => value !== undefined

/** A running double; without other options it is an emulator that has every topic. */
export async function doubleWith(
  t: ExecutionContext,
  options: Partial<PubsubDoubleOptions> = {}
): Promise<PubsubDouble> {
  const double = new PubsubDouble({ clock: systemClock, ...options })
  await double.start()
  t.teardown(() => double.stop())
  return double
}

/** A target for a double as its emulator. */
export async function pairOf(
  t: ExecutionContext,
  settings: Readonly<Record<string, unknown>> = {},
  options: Partial<PubsubDoubleOptions> = {}
) {
  const double = await doubleWith(t, options)
  const target = await targetWith(t, { emulator: double.address, ...settings })
  return { double, target }
}

/** `a1 b1 a2`: messages of devices, each with its number; values may be given. */
export function messagesNamed(names: string, value = (name: string) => `{"n":"${name}"}`): Message[] {
  const list = names.split(' ')
  return messagesOf(list.map(value), { keys: list.map(name => name.replace(/\d+$/, '')) })
}

/** The outcomes of one attempt, one per message. */
export async function outcomesOf(
  target: Target,
  messages: readonly Message[],
  signal = new AbortController().signal
): Promise<Outcome[]> {
  const outcome = await target.deliver(batchFrom(messages), signal)
  return Array.isArray(outcome) ? outcome : messages.map(() => outcome)
}

/** Each as its kind and code. */
export async function kindsOf(target: Target, messages: readonly Message[]): Promise<string[]> {
  const outcomes = await outcomesOf(target, messages)
  return outcomes.map(one => (one.kind === 'delivered' ? one.kind : `${one.kind} ${one.code}`))
}

/** The names of the messages of a request, in order. */
export function namesIn({ messages }: { readonly messages: readonly PublishedMessage[] }): string {
  return messages.map(({ data }) => JSON.parse(data.toString()).n).join(' ')
}
