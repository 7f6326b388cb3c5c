// The contract of steps: what a stage between Kafka and the target may do with a message. An author of a step needs no
// other page. A step looks at one message at a time, in the order of its device; it may change it, drop it or refuse it.

import type { Static, TSchema } from 'typebox'
import type { Attributes } from '../attributes/attributes.ts'
import type { Expression } from '../expression/expression.ts'
import { put } from '../expression/json.ts'
import type { Fields, Json, Scope } from '../expression/values.ts'
import type { Geofence } from '../geo/geofence.ts'

/** What Kafka knows of a message beside its value. */
export interface Origin {
  /** Its key; empty where there is none. */
  readonly device: string
  /** When Kafka got it, in Unix ms. */
  readonly timestampMs: number
}

/** A message in the hands of the steps. One object serves all messages of a stream, one after the other. */
export class Draft implements Scope {
  fields: Record<string, Json> = {}
  previous: Fields | null = null
  nowMs = 0
  /** Steps changed it, so that it is written anew. */
  isChanged = false
  /** What the step at hand remembers of the device, and what it is to remember; null at first. */
  memory: Json = null
  #origin: Origin = { device: '', timestampMs: 0 }

  /** When it was measured, as far as it says so, else when Kafka got it. Unix ms. */
  get measuredMs(): number {
    const { timestamp } = this.fields
    return typeof timestamp === 'number' ? timestamp * 1000 : this.timestampMs
  }

  /** The Kafka key; empty where the message has none. */
  get device(): string {
    return this.#origin.device
  }

  /** When Kafka got it. Unix ms. */
  get timestampMs(): number {
    return this.#origin.timestampMs
  }

  begin(fields: Record<string, Json>, origin: Origin): void {
    this.fields = fields
    this.#origin = origin
    this.previous = null
    this.isChanged = false
  }

  set(name: string, value: Json): void {
    put(this.fields, name, value)
    this.isChanged = true
  }

  /** Replaces the whole message. */
  become(fields: Record<string, Json>): void {
    this.fields = fields
    this.isChanged = true
  }
}

/** Why a message is rejected: its own fault, or that of the step's settings. */
export class Refusal {
  readonly kind = 'refused'
  /** The field in question; null where it is about the whole message. */
  readonly field: string | null
  /** A sentence without a full stop. */
  readonly reason: string

  constructor(field: string | null, reason: string) {
    this.field = field
    this.reason = reason
  }
}

export type Verdict = 'pass' | 'filtered' | 'expired' | Refusal

export interface Step {
  /** What it does with a message depends on those before of the same device: `draft.memory` is kept for it. */
  readonly remembers: boolean
  /** Never throws. */
  apply(draft: Draft): Verdict
  /** Why it has just dropped the message, for people; null where there is nothing to say. */
  explain?(draft: Draft): string | null
}

/** What a step gets when it is made of its settings. `path` leads from its settings to the place that is meant. */
export interface StepEnv {
  readonly geofences: ReadonlyMap<string, Geofence>
  readonly attributes: Pick<Attributes, 'of'>
  /** It may only be the last step. */
  readonly isLast: boolean
  /** Compiles an expression; a mistake in it is noted at its place. */
  expression(source: string, ...path: readonly (string | number)[]): Expression
  /** Notes that the step looks at a field. Those of its expressions are noted already. */
  reads(name: string, ...path: readonly (string | number)[]): void
  /** Notes that the step may add a field. */
  makes(name: string): void
  /** Notes a mistake in the settings that their schema cannot find. */
  mistake(sentence: string, ...path: readonly (string | number)[]): void
}

/** For the page of the step; a test applies it. */
export interface StepExample {
  /** The settings, in YAML. */
  readonly settings: string
  /** Messages of one device, in their order. */
  readonly messages: readonly Fields[]
  /** What becomes of each: the message, `filtered`, `expired`, or why it is refused. */
  readonly results: readonly (Json | string)[]
}

/** The definition of a step: one per file. */
export interface StepDefinition<S extends TSchema = TSchema> {
  /** The key of the step, a verb where there is one. */
  readonly kind: string
  readonly summary: string
  readonly config: S
  readonly examples: readonly [StepExample, ...StepExample[]]
  create(config: Static<S>, env: StepEnv): Step
}

/** Ties the settings of a definition to its schema, so that `create` gets them typed. */
export function defineStep<S extends TSchema>(definition: StepDefinition<S>): StepDefinition {
  // What `create` is given was checked against this very schema.
  return definition as unknown as StepDefinition
}
