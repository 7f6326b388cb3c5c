// The rules of steps, geofences and attributes that a schema cannot say: that expressions can be read, that what they name is
// there, that shapes are shapes.

import type { OneOfKinds } from '../../../schemas/define.ts'
import type { GeofencesConfig } from '../../../schemas/geofences.ts'
import { Expression } from '../../expression/expression.ts'
import { ExpressionError } from '../../expression/expression-error.ts'
import { compileGeofences, type Geofence } from '../../geo/geofence.ts'
import { compileSteps } from '../../steps/compile.ts'
import { stepOf } from '../../steps/registry.ts'
import { isMapping } from './merge.ts'
import { type Finding, type Part, type Places, pointerTo } from './problem.ts'

export function stepRules(data: unknown, streams: readonly Part[], places: Places): Finding[] {
  const { geofences, findings } = geofenceRules(data)
  const hasAttributes = isMapping(data) && data.attributes !== undefined
  return [
    ...findings,
    ...streams.flatMap(stream => [
      ...wrongSteps(stream, geofences, places),
      ...wrongWhere(stream, places),
      ...(hasAttributes ? [] : withoutAttributes(stream))
    ])
  ]
}

function geofenceRules(data: unknown): {
  readonly geofences: ReadonlyMap<string, Geofence>
  readonly findings: Finding[]
} {
  const shapes = isMapping(data) && isMapping(data.geofences) ? data.geofences : {}
  const whole = Object.fromEntries(Object.entries(shapes).filter(([, shape]) => hasOutline(shape)))
  const { geofences: sound, mistakes } = compileGeofences(whole as GeofencesConfig) // its outline was looked at
  // Steps may name those with mistakes, too: what is wrong is told once.
  const geofences = new Map(
    Object.keys(shapes).map(name => [name, sound.get(name) ?? { name, contains: () => false }])
  )
  const findings = mistakes.map(
    ({ name, sentence }): Finding => ({ pointer: pointerTo('/geofences', name), at: 'value', sentence })
  )
  return { geofences, findings }
}

/** Whether the schema finds nothing: what is wrong is told once. */
function hasOutline(shape: unknown): boolean {
  if (!isMapping(shape) || Object.keys(shape).length !== 1) return false
  const { circle, corridor, geojson } = shape
  const isPosition = (value: unknown) =>
    Array.isArray(value) && value.length === 2 && value.every(part => typeof part === 'number')
  if (isMapping(circle)) return isPosition(circle.center) && typeof circle.radiusM === 'number'
  if (isMapping(corridor))
    return (
      Array.isArray(corridor.path) && corridor.path.every(isPosition) && typeof corridor.widthM === 'number'
    )
  return geojson !== undefined
}

function wrongSteps(
  { pointer, fields }: Part,
  geofences: ReadonlyMap<string, Geofence>,
  places: Places
): Finding[] {
  const list: unknown[] = Array.isArray(fields.steps) ? fields.steps : []
  // Each by itself, so that one which the schema refuses does not hide the others.
  return list.flatMap((config, index) => {
    const [kind = ''] = isMapping(config) ? Object.keys(config) : []
    if (!isMapping(config) || stepOf(kind) === undefined) return []
    const { mistakes } = compiled(config, { geofences, isLast: index === list.length - 1 })
    return mistakes.flatMap(({ path: [, ...inside], sentence }): Finding[] => {
      if (!isThere(config, inside)) return []
      const at = [index, ...inside].reduce<string>(pointerTo, pointerTo(pointer, 'steps'))
      return [{ pointer: at, at: 'value', sentence: hidden(sentence, places, at) }]
    })
  })
}

/** What a reference stands for may be secret, and the sentence may quote it. */
function hidden(sentence: string, places: Places, at: string): string {
  const [reference] = places.get(at)?.references ?? []
  return reference === undefined ? sentence : `cannot be used with what ${reference.text} stands for`
}

/** A text in place of a mapping, or a key that is missing, is told by the schema; inside of it there is nothing to tell. */
function isThere(settings: unknown, [key, ...inside]: readonly (string | number)[]): boolean {
  if (key === undefined) return true
  if (typeof settings !== 'object' || settings === null || !Object.hasOwn(settings, key)) return false
  return isThere(Reflect.get(settings, key), inside)
}

/** Settings that the schema refuses may be anything: what they make a step do then is told by the schema. */
function compiled(
  config: OneOfKinds,
  { geofences, isLast }: { readonly geofences: ReadonlyMap<string, Geofence>; readonly isLast: boolean }
): ReturnType<typeof compileSteps> {
  const configs = isLast ? [config] : [config, { filter: 'true' }]
  try {
    return compileSteps(configs, { geofences, attributes: { of: () => null } })
  } catch (error) {
    if (error instanceof TypeError) return { steps: [], reads: [], makes: [], mistakes: [] }
    throw error
  }
}

function wrongWhere({ pointer, fields }: Part, places: Places): Finding[] {
  const { where } = fields
  const at = pointerTo(pointer, 'where')
  if (typeof where !== 'string' || places.get(at)?.unresolved) return []
  try {
    const { remembered } = new Expression(where)
    if (remembered.size === 0) return []
    return [{ pointer: at, at: 'value', sentence: 'is about attributes, which have no message before' }]
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return [{ pointer: at, at: 'value', sentence: hidden(error.message, places, at) }]
  }
}

function withoutAttributes({ pointer, fields }: Part): Finding[] {
  const needs = (...path: (string | number)[]): Finding => ({
    pointer: path.reduce<string>(pointerTo, pointer),
    at: 'key',
    sentence: 'needs the section attributes, which says where they are kept'
  })
  const requires = Array.isArray(fields.requires) && fields.requires.length > 0
  const steps: unknown[] = Array.isArray(fields.steps) ? fields.steps : []
  return [
    ...(requires ? [needs('requires')] : []),
    ...(fields.where === undefined ? [] : [needs('where')]),
    ...steps.flatMap((step, index) =>
      isMapping(step) && 'enrich' in step ? [needs('steps', index, 'enrich')] : []
    )
  ]
}
