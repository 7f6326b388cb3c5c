// The steps of a stream, one after the other, over one message: from the bytes that Kafka holds to those that are sent. A
// message that no step has changed goes on as the very bytes it came in.

import { messageOf } from '../../schemas/errors.ts'
import type { Attributes } from '../attributes/attributes.ts'
import { decodeFields, encodeJson, holdsHuge } from '../expression/json.ts'
import type { Fields, Json } from '../expression/values.ts'
import type { NamedStep } from './compile.ts'
import { Draft, type Origin, Refusal, type Step, type Verdict } from './step.ts'

/** A message as it lies in Kafka: its value is bytes[start, end). */
export interface Raw extends Origin {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** It goes on with other bytes. */
export class Changed {
  readonly kind = 'changed'
  /** JSON. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A step rejects it. */
export interface Rejected {
  readonly kind: 'rejected'
  /** Which step, which field, and why. */
  readonly detail: string
}

/** The device lacks something that every message of it needs. */
export interface Lacking {
  readonly kind: 'lacking'
  readonly attribute: string
}

/** What became of a message: `same` goes on as it is. */
export type Shaped = 'same' | 'filtered' | 'expired' | Changed | Rejected | Lacking

/** What the steps remember of one device, in their order; null for one that remembers nothing. */
export type Memories = Json[]

/** For somebody who wants to see what the steps do. */
export interface Onlooker {
  /** The message meets them now. */
  begins(draft: Draft): void
  /** A step has seen it. */
  after(step: NamedStep, verdict: Verdict, draft: Draft): void
}

export interface Circumstances {
  readonly nowMs: number
  /** Of the device; changed in place. Null where nothing is remembered. */
  readonly memories: Memories | null
  /** It has been here before, and is to be sent: what is remembered says nothing about it. */
  readonly isRepeat?: boolean
}

export interface PipelineOptions {
  readonly steps: readonly NamedStep[]
  /** Attributes without which a device has to wait. */
  readonly requires: readonly string[]
  readonly attributes: Pick<Attributes, 'of'>
}

export class Pipeline {
  readonly steps: readonly NamedStep[]
  /** Some step remembers something of each device. */
  readonly remembers: boolean
  readonly #requires: readonly string[]
  readonly #attributes: Pick<Attributes, 'of'>
  readonly #draft = new Draft()

  constructor({ steps, requires, attributes }: PipelineOptions) {
    this.steps = steps
    this.#requires = requires
    this.#attributes = attributes
    this.remembers = steps.some(({ step }) => step.remembers)
  }

  /** Never throws. */
  shape(raw: Raw, { nowMs, memories, isRepeat = false }: Circumstances, onlooker?: Onlooker): Shaped {
    const fields = decodeFields(raw.bytes, raw.start, raw.end)
    if (fields === undefined) return { kind: 'rejected', detail: 'it is no JSON object' }
    const draft = this.#draft
    draft.begin(fields, raw)
    draft.nowMs = nowMs
    const attribute = this.#requires.length === 0 ? null : this.missing(draft.device, draft.measuredMs)
    if (attribute !== null) return { kind: 'lacking', attribute }
    onlooker?.begins(draft)
    for (let index = 0; index < this.steps.length; index++) {
      const named = this.steps[index]
      if (named === undefined) break
      const { step, name } = named
      draft.memory = memories?.[index] ?? null
      draft.previous = null
      const verdict = applied(step, draft)
      onlooker?.after(named, verdict, draft)
      if (step.remembers && memories !== null && !isRepeat) memories[index] = draft.memory
      if (verdict instanceof Refusal) return { kind: 'rejected', detail: detailOf(name, verdict) }
      if (verdict !== 'pass' && !(isRepeat && step.remembers)) return verdict
    }
    if (!draft.isChanged) return 'same'
    if (holdsHuge(raw.bytes, raw.start, raw.end))
      return { kind: 'rejected', detail: 'it holds a number beyond all bounds' }
    return new Changed(encodeJson(draft.fields))
  }

  /** There is nothing that a message could meet. */
  get isEmpty(): boolean {
    return this.steps.length + this.#requires.length === 0
  }

  /** The first attribute that a device lacked at a time in Unix ms; null where it had all. */
  missing(device: string, atMs: number): string | null {
    const attributes = this.#attributes.of(device, atMs)
    return this.#requires.find(name => !has(attributes, name)) ?? null
  }
}

/** An attribute that is null is none. */
function has(attributes: Fields | null, name: string): boolean {
  return attributes !== null && Object.hasOwn(attributes, name) && attributes[name] !== null
}

/** No step throws; should one, that must be the fate of this message and of no other. */
function applied(step: Step, draft: Draft): Verdict {
  try {
    return step.apply(draft)
  } catch (error) {
    return new Refusal(null, `the step failed: ${messageOf(error)}`)
  }
}

/** `steps[2].map, field "speed": the message has no ...` */
function detailOf(step: string, { field, reason }: Refusal): string {
  return `${step}${field === null ? '' : `, field "${field}"`}: ${reason}`
}
