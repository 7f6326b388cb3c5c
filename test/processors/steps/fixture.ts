// Steps as they stand in a configuration, and messages of one device that go through them. Every run happens twice: once
// with memories that nobody may change in place, once with memories that are written and read again after each message,
// as over restarts. Both must come to the same.

import assert from 'node:assert/strict'
import { Ajv } from 'ajv'
import { Type } from 'typebox'
import { parse } from 'yaml'
import type { Attributes } from '../../../processors/attributes/attributes.ts'
import { decodeFields, encodeJson } from '../../../processors/expression/json.ts'
import type { Fields, Json } from '../../../processors/expression/values.ts'
import { compileGeofences, type Geofence } from '../../../processors/geo/geofence.ts'
import { type CompiledSteps, compileSteps } from '../../../processors/steps/compile.ts'
import { type Memories, Pipeline, type Shaped } from '../../../processors/steps/pipeline.ts'
import { stepSchemas } from '../../../processors/steps/registry.ts'
import { type OneOfKinds, oneOfKinds } from '../../../schemas/define.ts'

export const nowMs = Date.UTC(2026, 0, 1)

const depot = { circle: { center: [13.405, 52.52] as const, radiusM: 500 } }
const plate = { plate: 'CB 1234 AB' }

export interface Parts {
  readonly geofences?: ReadonlyMap<string, Geofence>
  readonly attributes?: Pick<Attributes, 'of'>
  readonly requires?: readonly string[]
}

// As validate() of the configuration does it, but made once.
const ajv = new Ajv({ useDefaults: true, allErrors: true, strictRequired: false })
ajv.addVocabulary(['x-expects', 'x-kinds', 'x-public', 'x-secret'])
const check = ajv.compile(Type.Array(oneOfKinds('step', stepSchemas, 'One step.')))

/** The settings of steps, checked, with their defaults; a step alone may stand without a list. */
export function settingsOf(yaml: string): OneOfKinds[] {
  const data: unknown = parse(yaml)
  const list = Array.isArray(data) ? data : [data]
  assert.ok(check(list), `${yaml}: ${ajv.errorsText(check.errors)}`)
  return list as OneOfKinds[] // by its schema
}

export function compile(yaml: string, parts: Parts = {}): CompiledSteps {
  return compileSteps(settingsOf(yaml), {
    geofences: parts.geofences ?? compileGeofences({ depot }).geofences,
    attributes: parts.attributes ?? { of: device => (device === 'a1' ? plate : null) }
  })
}

/** The mistakes of settings that their schema takes, each as its place and its sentence. */
export function mistakesOf(yaml: string, parts?: Parts): string[] {
  return compile(yaml, parts).mistakes.map(({ path, sentence }) => `${path.join('.')} ${sentence}`)
}

export function pipelineOf(yaml: string, parts: Parts = {}): Pipeline {
  const { steps, mistakes } = compile(yaml, parts)
  assert.deepEqual(mistakes, [], yaml)
  const attributes = parts.attributes ?? { of: () => null }
  return new Pipeline({ steps, requires: parts.requires ?? [], attributes })
}

export interface Sending {
  readonly device?: string
  readonly timestampMs?: number
  readonly memories?: Memories | null
  readonly isRepeat?: boolean
}

/** One message, by the text of its value. */
export function shape(pipeline: Pipeline, text: string, sending: Sending = {}): Shaped {
  const { device = 'a1', timestampMs = nowMs, memories = null, isRepeat = false } = sending
  const value = Buffer.from(text)
  // In the midst of other bytes, as it lies in what Kafka answers.
  const bytes = Buffer.concat([Buffer.from('{"'), value, Buffer.from('"}')])
  const raw = { bytes, start: 2, end: 2 + value.length, device, timestampMs }
  return pipeline.shape(raw, { nowMs, memories, isRepeat })
}

/** What goes on, as text, or why nothing does. */
interface Outcome {
  readonly goesOn: boolean
  readonly text: string
}

function outcomeOf(shaped: Shaped, text: string): Outcome {
  if (shaped === 'same') return { goesOn: true, text }
  if (typeof shaped === 'string') return { goesOn: false, text: shaped }
  if (shaped.kind === 'changed') return { goesOn: true, text: shaped.text }
  if (shaped.kind === 'lacking') return { goesOn: false, text: `lacks ${shaped.attribute}` }
  return { goesOn: false, text: shaped.detail.replace(/^steps\[\d+\]\.\w+(?:, |: )/, '') }
}

function through(
  pipeline: Pipeline,
  texts: readonly string[],
  keep: (memories: Json[]) => Json[]
): Outcome[] {
  let memories: Json[] = pipeline.steps.map(() => null)
  return texts.map(text => {
    const outcome = outcomeOf(shape(pipeline, text, { memories }), text)
    memories = keep(memories)
    return outcome
  })
}

function outcomes(yaml: string, texts: readonly string[], parts: Parts): Outcome[] {
  const pipeline = pipelineOf(yaml, parts)
  const kept = through(pipeline, texts, memories => memories.map(frozen))
  assert.deepEqual(through(pipeline, texts, restarted), kept, 'a restart between messages makes a difference')
  return kept
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

function restarted(memories: Json[]): Json[] {
  const bytes = Buffer.from(encodeJson({ memories }))
  return decodeFields(bytes, 0, bytes.length)?.memories as Json[] // as it was written
}

/** What becomes of messages of one device, given and told as JSON texts. */
export function texts(yaml: string, messages: readonly string[], parts: Parts = {}): string[] {
  return outcomes(yaml, messages, parts).map(({ text }) => text)
}

/** What becomes of messages of one device: the message, `filtered`, `expired`, or why it is refused. */
export function results(yaml: string, messages: readonly Fields[], parts: Parts = {}): Json[] {
  const written = messages.map(message => JSON.stringify(message))
  return outcomes(yaml, written, parts).map(({ goesOn, text }) => (goesOn ? JSON.parse(text) : text))
}
