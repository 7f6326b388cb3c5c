// An Event Hubs target against its double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../connectors/clock.ts'
import type { Batch, Failure, Outcome, Target, TargetEnv } from '../../../connectors/connector.ts'
import {
  EventHubsDouble,
  type EventHubsDoubleOptions,
  type Transfer
} from '../../../connectors/event-hubs/double.ts'
import { eventHubsTarget } from '../../../connectors/event-hubs/index.ts'
import {
  type EventHubsTargetConfig,
  eventHubsTargetSchema
} from '../../../connectors/event-hubs/target-config.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { batchFrom, messagesOf } from '../../messages.ts'

export const claims = { keyName: 'tailrace', key: 'a-key-that-nobody-sees' }

export type Settings = Partial<EventHubsTargetConfig> & Partial<Pick<TargetEnv, 'clock' | 'replay'>>

/** A target with the schema's defaults and these settings. */
export async function targetWith(t: ExecutionContext, settings: Settings): Promise<Target> {
  const { clock = systemClock, replay, ...given } = settings
  const config = Value.Parse(eventHubsTargetSchema, Value.Default(eventHubsTargetSchema, given))
  const env = { stream: 'acme', clock, log: () => {}, mask: new Mask([]) }
  const target = await eventHubsTarget.create(config, replay === undefined ? env : { ...env, replay })
  t.teardown(() => target.close())
  return target
}

/** A running double that keeps what came. */
export async function doubleWith(t: ExecutionContext, options: Partial<EventHubsDoubleOptions> = {}) {
  const ledger: Transfer[] = []
  const double = new EventHubsDouble({
    ...{ clock: systemClock, hub: 'telemetry', claims },
    ledger: transfer => void ledger.push(transfer),
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  return { double, ledger }
}

/** Both, and the target is open. */
export async function pairWith(
  t: ExecutionContext,
  { double: options = {}, ...settings }: Settings & { readonly double?: Partial<EventHubsDoubleOptions> } = {}
) {
  const pair = await doubleWith(t, options)
  const target = await targetWith(t, { connectionString: pair.double.connectionString, ...settings })
  await target.open(new AbortController().signal)
  return { ...pair, target }
}

/** One message for each device named, which may be named several times; they are numbered by `n`. */
export function batchOf(devices: readonly string[], note = ''): Batch {
  const values = devices.map((ident, n) => JSON.stringify({ ident, n, note }))
  return batchFrom(messagesOf(values, { keys: devices }))
}

/** The outcomes of one attempt, one per message. */
export async function outcomesOf(target: Target, batch: Batch): Promise<Outcome[]> {
  const outcome = await target.deliver(batch, new AbortController().signal)
  return Array.isArray(outcome) ? outcome : batch.messages.map(() => outcome)
}

/** Each as its kind and code. */
export function told(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(one => (one.kind === 'delivered' ? one.kind : `${one.kind} ${one.code}`))
}

/** What open() throws. */
export async function faultOf(target: Target): Promise<FaultError> {
  const error = await target.open(new AbortController().signal).then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (error instanceof FaultError) return error
  throw new Error(`no fault, but ${error}`)
}

/** `<ident>:<n>` of the events of a transfer. */
export function namesIn({ events }: Transfer): string[] {
  return events.map(({ body }) => {
    const { ident, n } = JSON.parse(body.toString())
    return `${ident}:${n}`
  })
}

export const isFailure = (outcome: Outcome | undefined): outcome is Failure =>
  outcome !== undefined && outcome.kind !== 'delivered'
