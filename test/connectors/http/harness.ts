// A target against a double, both on loopback, with everything closed when the test ends. Also a way to wait for a
// state.

import { setImmediate } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../connectors/clock.ts'
import type { Outcome } from '../../../connectors/connector.ts'
import { type DoubleOptions, HttpDouble, type Received, type Reply } from '../../../connectors/http/double.ts'
import { HttpTarget } from '../../../connectors/http/target.ts'
import { type HttpTargetConfig, httpTargetSchema } from '../../../connectors/http/target-config.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { batchOf } from '../../messages.ts'

export type Settings = Partial<HttpTargetConfig>

/** The schema's defaults and these settings. */
export function configAt(url: string, settings: Settings = {}): HttpTargetConfig {
  return Value.Parse(httpTargetSchema, Value.Default(httpTargetSchema, { url, ...settings }))
}

/** A target with the schema's defaults and these settings, of whose texts some are secret. */
export function targetAt(
  t: ExecutionContext,
  url: string,
  { secrets = [], ...settings }: Settings & { readonly secrets?: readonly string[] } = {}
): HttpTarget {
  const target = new HttpTarget(configAt(url, settings), {
    stream: 'acme',
    clock: systemClock,
    log: () => {},
    mask: new Mask(secrets)
  })
  t.teardown(() => target.close())
  return target
}

/** A running double that answers every request alike, or in turn, and keeps what it got. */
export async function doubleWith(
  t: ExecutionContext,
  replies: Reply | Reply[],
  options: Partial<DoubleOptions> = {}
) {
  const ledger: Received[] = []
  const script = Array.isArray(replies) ? replies : [replies]
  const last = script.at(-1) ?? { kind: 'hang' }
  const double = new HttpDouble({
    clock: systemClock,
    ledger: request => void ledger.push(request),
    reply: () => script[ledger.length - 1] ?? last,
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  return { double, ledger }
}

/** The outcome of one attempt with one message against a double that answers like this. */
export async function outcomeOf(
  t: ExecutionContext,
  reply: Reply,
  settings: Settings = {}
): Promise<Outcome> {
  const { double } = await doubleWith(t, reply)
  return deliverOne(targetAt(t, `${double.url}/telemetry`, settings))
}

/** One attempt with these messages; the target reports one outcome for the batch. */
export async function deliverOne(
  target: HttpTarget,
  values: string[] = ['{"ident":"1"}'],
  signal: AbortSignal = new AbortController().signal
): Promise<Outcome> {
  const outcome = await target.deliver(batchOf(values), signal)
  if (Array.isArray(outcome)) throw new Error('one outcome was expected, not one for each message')
  return outcome
}

/** Waits until a condition holds, for at most ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${condition}`)
    await setImmediate()
  }
}

/** What comes of a request that is confirmed with this status. */
export const deliveredWith = (status: number) => ({ kind: 'delivered', answer: `HTTP ${status}` })
