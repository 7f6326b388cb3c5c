// An AMQP target against a double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import {
  AmqpDouble,
  type AmqpDoubleOptions,
  type AmqpPublished
} from '../../../connectors/amqp/double/double.ts'
import { AmqpTarget } from '../../../connectors/amqp/target.ts'
import { type AmqpTargetConfig, amqpTargetSchema } from '../../../connectors/amqp/target-config.ts'
import { type Clock, systemClock } from '../../../connectors/clock.ts'
import type { Batch, Outcome } from '../../../connectors/connector.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { batchFrom, messagesOf } from '../../messages.ts'

type Settings = Partial<AmqpTargetConfig> & { readonly clock?: Clock }

export const password = 'secret-4711'

/** The configuration with the schema's defaults and these settings. */
export function configOf(settings: Partial<AmqpTargetConfig>): AmqpTargetConfig {
  const given = {
    url: 'amqp://broker.example',
    exchange: 'telemetry',
    routingKey: 'fleet',
    username: 'fleet',
    password,
    ...settings
  }
  return Value.Parse(amqpTargetSchema, Value.Default(amqpTargetSchema, given))
}

export function targetAt(t: ExecutionContext, url: string, settings: Settings = {}): AmqpTarget {
  const { clock = systemClock, ...rest } = settings
  return targetOf(t, configOf({ url, ...rest }), clock)
}

export function targetOf(
  t: ExecutionContext,
  config: AmqpTargetConfig,
  clock: Clock = systemClock
): AmqpTarget {
  const target = new AmqpTarget(config, { stream: 'acme', clock, log: () => {}, mask: new Mask([password]) })
  t.teardown(() => target.close())
  return target
}

/** A running double that keeps what it got. */
export async function doubleWith(t: ExecutionContext, options: Partial<AmqpDoubleOptions> = {}) {
  const ledger: AmqpPublished[] = []
  const double = new AmqpDouble({
    clock: systemClock,
    ledger: published => void ledger.push(published),
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  /** The numbers that arrived, in order. */
  const arrived = () => ledger.map(({ body }) => numberOf(body))
  return { double, ledger, arrived }
}

/** The number that a message of batchOf() carries in its value. */
export function numberOf(body: Buffer): number {
  return Number(/"n":(\d+)/.exec(body.toString())?.[1])
}

interface BatchOptions {
  readonly from?: number
  readonly devices?: number
  /** Makes each value longer by so many bytes. */
  readonly padBytes?: number
}

/** `count` messages, numbered on from `from`, of as many devices unless fewer are named, which then take turns. */
export function batchOf(
  count: number,
  { from = 0, devices = 1_000_000, padBytes }: BatchOptions = {}
): Batch {
  const numbers = Array.from({ length: count }, (_, at) => from + at)
  const keys = numbers.map(number => `d${number % devices}`)
  const pad = padBytes === undefined ? '' : `,"pad":"${'x'.repeat(padBytes)}"`
  const values = numbers.map((number, at) => `{"ident":"${keys[at]}","n":${number}${pad}}`)
  return batchFrom(messagesOf(values, { keys, firstOffset: from, timestampMs: 1_767_225_600_000 }))
}

/** The outcomes of one attempt, one per message, each as its kind, its scope and its code. */
export async function outcomesOf(
  target: AmqpTarget,
  batch: Batch,
  signal = new AbortController().signal
): Promise<string[]> {
  const outcome = await target.deliver(batch, signal)
  const list = Array.isArray(outcome) ? outcome : batch.messages.map(() => outcome)
  return list.map(shown)
}

function shown(outcome: Outcome): string {
  if (outcome.kind === 'delivered') return outcome.kind
  const { kind, scope, code } = outcome
  return [kind, ...(scope === undefined ? [] : [scope]), code].join(' ')
}

/** What open() throws, as code and detail; null when it opens. */
export async function faultOf(target: AmqpTarget): Promise<string | null> {
  return target.open(new AbortController().signal).then(
    () => null,
    (error: Error) =>
      'code' in error && 'detail' in error ? `${error.code}: ${error.detail}` : error.message
  )
}
