// A Wialon IPS target against a double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { type Clock, systemClock } from '../../../../connectors/clock.ts'
import type { Outcome } from '../../../../connectors/connector.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import {
  type DoubleOptions,
  type Received,
  type ReceivedLogin,
  WialonIpsDouble
} from '../../../../connectors/wialon-ips/double.ts'
import { WialonIpsTarget } from '../../../../connectors/wialon-ips/target.ts'
import {
  type WialonIpsTargetConfig,
  wialonIpsTargetSchema
} from '../../../../connectors/wialon-ips/target-config.ts'
import { batchFrom, messagesOf } from '../../../messages.ts'

/** The time of the first message of a test: a record has no year before 2000. */
export const firstSecond = 1_700_000_000

export interface Surroundings {
  readonly clock?: Clock
  /** Receives the names of logged events. */
  readonly events?: string[]
}

/** A target with the schema's defaults and these settings. */
export function targetAt(
  t: ExecutionContext,
  settings: Partial<WialonIpsTargetConfig>,
  { clock = systemClock, events = [] }: Surroundings = {}
): WialonIpsTarget {
  const config = Value.Parse(
    wialonIpsTargetSchema,
    Value.Default(wialonIpsTargetSchema, { host: '127.0.0.1', ...settings })
  )
  const log = (name: string) => void events.push(name)
  const target = new WialonIpsTarget(config, { stream: 'acme', clock, log, mask: new Mask(['s3cret']) })
  t.teardown(() => target.close())
  return target
}

export interface Running {
  readonly double: WialonIpsDouble
  readonly ledger: Received[]
  readonly logins: ReceivedLogin[]
}

/** A running double that keeps what it got. */
export async function doubleWith(
  t: ExecutionContext,
  { login, reply }: Pick<DoubleOptions, 'login' | 'reply'> = {}
): Promise<Running> {
  const ledger: Received[] = []
  const logins: ReceivedLogin[] = []
  const double = new WialonIpsDouble({
    clock: systemClock,
    login: received => {
      logins.push(received)
      return login?.(received) ?? { kind: 'answer' }
    },
    ledger: packet => void ledger.push(packet),
    reply: packet => reply?.(packet) ?? { kind: 'answer' }
  })
  await double.start()
  t.teardown(async () => {
    await double.stop()
    const [problem] = double.problems
    if (problem !== undefined) throw new Error(`a packet is not as the document says: ${problem}`)
  })
  return { double, ledger, logins }
}

interface Sending {
  readonly fields: readonly string[]
  readonly signal?: AbortSignal
}

/** One attempt with these messages of a device; texts are JSON without the ident. */
export async function deliver(
  target: WialonIpsTarget,
  ident: string,
  what: readonly string[] | Sending
): Promise<Outcome[]> {
  const { fields, signal = new AbortController().signal } = 'fields' in what ? what : { fields: what }
  const values = fields.map(text => `{"ident":${JSON.stringify(ident)},${text}}`)
  return target.deliver(batchFrom(messagesOf(values, { keys: values.map(() => ident) }), ident), signal)
}

/** `count` messages, numbered from `from` on. */
export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) => `"timestamp":${firstSecond + from + at},"n":${from + at}`)
}

/** The numbers of what a double got of a device, or of all. */
export function numbersIn(ledger: readonly Received[], ident?: string): number[] {
  return ledger
    .filter(packet => ident === undefined || packet.ident === ident)
    .flatMap(({ records }) => records.map(record => Number(/[;,]n:1:(\d+)/.exec(record)?.[1])))
}

export function kindsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(outcome => ('code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind))
}
