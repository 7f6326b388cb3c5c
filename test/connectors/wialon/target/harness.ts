// A Wialon target against a double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { type Clock, systemClock } from '../../../../connectors/clock.ts'
import type { Outcome, Target } from '../../../../connectors/connector.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { type DoubleOptions, type Reply, WialonDouble } from '../../../../connectors/wialon/double.ts'
import type { Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { WialonTarget } from '../../../../connectors/wialon/target.ts'
import { type WialonTargetConfig, wialonTargetSchema } from '../../../../connectors/wialon/target-config.ts'
import type { LogEvent } from '../../../../schemas/events.ts'
import { batchOf } from '../../../messages.ts'

export interface Surroundings {
  readonly clock?: Clock
  /** Receives the names of logged events. */
  readonly events?: string[]
  /** Receives whole log lines. */
  readonly log?: LogEvent
}

/** A target with the schema's defaults and these settings. */
export function targetAt(
  t: ExecutionContext,
  settings: Partial<WialonTargetConfig>,
  { clock = systemClock, events = [], log = name => void events.push(name) }: Surroundings = {}
): WialonTarget {
  const config = Value.Parse(
    wialonTargetSchema,
    Value.Default(wialonTargetSchema, { host: '127.0.0.1', ...settings })
  )
  const target = new WialonTarget(config, { stream: 'acme', clock, log, mask: new Mask([]) })
  t.teardown(() => target.close())
  return target
}

/** A running double that keeps what it got; each packet's reply is asked for by its number, from 0. */
export async function doubleWith(
  t: ExecutionContext,
  replyTo: (at: number) => Reply = () => ({ kind: 'answer' }),
  style: Pick<DoubleOptions, 'answer' | 'answersOncePerRead'> = {}
): Promise<{ double: WialonDouble; ledger: Packet[] }> {
  const ledger: Packet[] = []
  const double = new WialonDouble({
    ...style,
    clock: systemClock,
    ledger: packet => void ledger.push(packet),
    reply: () => replyTo(ledger.length - 1)
  })
  await double.start()
  t.teardown(async () => {
    await double.stop()
    const [problem] = double.problems
    if (problem !== undefined) throw new Error(`a packet is not as the document says: ${problem}`)
  })
  return { double, ledger }
}

/** `count` messages of one device, numbered by their times from `from` on. */
export function messages(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) => JSON.stringify({ ident: 'a', timestamp: from + at, n: at }))
}

/** The numbers of what a double got. */
export function times(ledger: readonly Packet[]): number[] {
  return ledger.map(packet => packet.timeSeconds)
}

export function range(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, at) => from + at)
}

/** One attempt with these messages. */
export async function deliver(
  target: Target,
  values: string[],
  signal: AbortSignal = new AbortController().signal
): Promise<Outcome | Outcome[]> {
  return target.deliver(batchOf(values), signal)
}
