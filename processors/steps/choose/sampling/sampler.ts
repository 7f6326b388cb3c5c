// Decides whether a message passes `sample`, and why, by what is remembered of its device.

import type { Expression } from '../../../expression/expression.ts'
import type { Json } from '../../../expression/values.ts'
import { Recall } from '../../recall.ts'
import type { Draft } from '../../step.ts'
import { type Anchor, anchorOf, type Bounds, farBy, secondsBetween } from './anchor.ts'
import { Edges, type EdgesOptions, type Known } from './edges.ts'

export interface SamplerOptions extends EdgesOptions {
  readonly bounds: Bounds
  readonly keep: Expression | null
  /** While the device stands; infinite where nobody asks. */
  readonly heartbeatSeconds: number
}

/** Of the newest message that passed, or of the last of the late ones that did. */
interface Remembered {
  /** Null: none has passed. */
  readonly anchor: Anchor | null
  readonly known: Known | null
}

/** What is kept of a device. */
interface Memory {
  readonly live: Anchor
  readonly late: Anchor | null
  /** For previous() and its like. */
  readonly recalled: Json
  /** Left out where nothing is watched. */
  readonly known?: readonly [live: Known, late: Known | null]
}

export class Sampler {
  readonly #options: SamplerOptions
  readonly #edges: Edges
  readonly #recall: Recall

  constructor(options: SamplerOptions) {
    const { keep, stands, changes } = options
    this.#options = options
    this.#edges = new Edges(options)
    const expressions = [keep, stands, ...changes.map(([, expression]) => expression)]
    this.#recall = new Recall(expressions.filter(expression => expression !== null))
  }

  /** Why the message passes, which was measured at `timestamp`; null where it does not. Remembers what is to be. */
  reason(draft: Draft, timestamp: number): string | null {
    const memory = draft.memory as Memory | null // what was kept below
    draft.memory = memory?.recalled ?? null
    this.#recall.recall(draft)
    const recalled = draft.memory
    const isLate = memory !== null && timestamp < memory.live[0]
    const now = anchorOf(timestamp, draft.fields)
    const before = rememberedOf(memory, isLate)
    const { known, changed } = this.#edges.find(draft, before.known)
    const reason = this.#why(draft, { before: before.anchor, now, changed, stands: known[0] === true })
    const { live = now, late = null } = memory ?? {}
    const passed = reason !== null
    const kept: Memory = {
      live: passed && !isLate ? now : live,
      late: passed && isLate ? now : late,
      recalled,
      ...(this.#edges.areWatched && {
        known: isLate ? [memory.known?.[0] ?? known, known] : [known, memory?.known?.[1] ?? null]
      })
    }
    draft.memory = kept as unknown as Json // plain data
    return reason
  }

  #why(draft: Draft, about: About): string | null {
    const { before, now, changed, stands } = about
    const { bounds, heartbeatSeconds, keep } = this.#options
    if (before === null) return 'first'
    if (changed !== null) return changed
    if (keep?.test(draft)) return 'kept'
    if (!stands) return farBy(before, now, bounds)
    return secondsBetween(before, now) >= heartbeatSeconds ? 'heartbeat' : null
  }
}

interface About {
  /** Null: none has passed. */
  readonly before: Anchor | null
  readonly now: Anchor
  readonly changed: string | null
  readonly stands: boolean
}

function rememberedOf(memory: Memory | null, isLate: boolean): Remembered {
  if (memory === null) return { anchor: null, known: null }
  const { live, late, known } = memory
  return isLate ? { anchor: late, known: known?.[1] ?? null } : { anchor: live, known: known?.[0] ?? null }
}
