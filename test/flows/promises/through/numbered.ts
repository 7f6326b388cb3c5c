// The messages of a real fleet, numbered by device: the doubles tell them apart by that.

import { readSample } from '../../../../processors/commands/simulate/fleet.ts'
import { tickUntil } from '../../harness/until.ts'
import type { Stage } from '../stage.ts'

export interface Numbered {
  /** `<ident>#<seq>` */
  readonly id: string
  readonly key: Buffer
  readonly value: Buffer
}

/** So slow that something is on its way to each target whenever that fails. */
const perSecond = 400
const appendSize = 40

/** In the order of the sample; each device counts its own in `seq`, from 1. */
export function readNumbered(): Numbered[] {
  const counts = new Map<string, number>()
  return readSample().map(line => {
    const message: { ident: string } = JSON.parse(line)
    const seq = (counts.get(message.ident) ?? 0) + 1
    counts.set(message.ident, seq)
    const value = Buffer.from(JSON.stringify({ ...message, seq }))
    return { id: `${message.ident}#${seq}`, key: Buffer.from(message.ident), value }
  })
}

/** Appends them at the set pace; `told` hears how many there are so far. */
export async function fill(
  stage: Stage,
  topic: string,
  { messages, told }: { messages: readonly Numbered[]; told(count: number): void }
): Promise<void> {
  const startedMs = performance.now()
  for (let at = 0; at < messages.length; at += appendSize) {
    await tickUntil(startedMs + (at / perSecond) * 1_000)
    const batch = messages.slice(at, at + appendSize)
    await stage.cluster.producer.append(topic, batch)
    told(at + batch.length)
  }
}
