// Streams with steps over the log in memory: their options, attributes that a test changes, and messages of devices.

import type { Fields, Json } from '../../../../processors/expression/values.ts'
import { compileSteps } from '../../../../processors/steps/compile.ts'
import { Pipeline } from '../../../../processors/steps/pipeline.ts'
import type { SilenceOptions } from '../../../../processors/stream/silence/silence.ts'
import type { StepsOptions } from '../../../../processors/stream/steps/steps.ts'
import type { OneOfKinds } from '../../../../schemas/define.ts'
import type { Rig } from '../rig.ts'

/** Attributes of devices that a test changes. */
export class Table {
  readonly #devices = new Map<string, Readonly<Record<string, Json>>>()
  readonly #watchers = new Set<() => void>()

  of(ident: string): Readonly<Record<string, Json>> | null {
    return this.#devices.get(ident) ?? null
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  set(ident: string, attributes: Readonly<Record<string, Json>> | null): void {
    if (attributes === null) this.#devices.delete(ident)
    else this.#devices.set(ident, attributes)
    for (const changed of this.#watchers) changed()
  }
}

export interface Shaping {
  readonly steps?: readonly OneOfKinds[]
  readonly requires?: readonly string[]
  readonly attributes?: Table
  readonly maxDevices?: number
  readonly silence?: SilenceOptions | null
}

export const stateTopic = 'tailrace.acme.state'

export function shaping({
  steps = [],
  requires = [],
  attributes = new Table(),
  maxDevices = 1_000,
  silence = null
}: Shaping): {
  readonly steps: StepsOptions
} {
  const compiled = compileSteps(steps, { geofences: new Map(), attributes })
  if (compiled.mistakes.length > 0) throw new Error(JSON.stringify(compiled.mistakes))
  const pipeline = new Pipeline({ steps: compiled.steps, requires, attributes })
  const watchAttributes = (changed: () => void) => attributes.watch(changed)
  return { steps: { pipeline, topic: stateTopic, maxDevices, silence, watchAttributes } }
}

/** Appends messages to the channel, keyed by their ident. */
export async function put(rig: Rig, ...messages: readonly (Fields | string)[]): Promise<void> {
  const records = messages.map(message => ({
    key: Buffer.from(typeof message === 'string' ? 'x' : String(message.ident)),
    value: Buffer.from(typeof message === 'string' ? message : JSON.stringify(message))
  }))
  const appended = rig.log.producer().append('fleet', records)
  await rig.clock.advance(50)
  await appended
}
