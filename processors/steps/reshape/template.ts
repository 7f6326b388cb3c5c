// Makes a message of any shape: the template is JSON whose texts are expressions.

import { Type } from 'typebox'
import type { Expression } from '../../expression/expression.ts'
import { put } from '../../expression/json.ts'
import { Fault, type Json } from '../../expression/values.ts'
import { optionalName } from '../names.ts'
import { Recall } from '../recall.ts'
import { type Draft, defineStep, Refusal, type StepEnv } from '../step.ts'
import { reasonOf } from './map.ts'

/** Writes the part of the result that it stands for. */
type Part = (draft: Draft) => Json | Refusal

export const template = defineStep({
  kind: 'template',
  summary:
    'Makes the message anew, in any shape. Every text in the template is an expression; a text that is meant as it is stands in quotes of its own: \'"truck"\'. An error rejects the message; behind a key that ends in ? it leaves the entry out, as null does. A template that is no mapping may only be the last step.',
  config: Type.Unknown({
    description: 'The shape: mappings, lists, numbers, true, false, null, and expressions.'
  }),
  examples: [
    {
      settings: `template: { id: ident, kind: '"truck"', version: 1, at: [position.longitude, position.latitude], 'speed?': position.speed }`,
      messages: [{ ident: 'a1', 'position.longitude': 13.4, 'position.latitude': 52.5 }, { ident: 'a1' }],
      results: [
        { id: 'a1', kind: 'truck', version: 1, at: [13.4, 52.5] },
        'field "at[0]": the message has no "position.longitude" (at 1 of the expression)'
      ]
    }
  ],
  create(config, env) {
    const expressions: Expression[] = []
    const isMapping = typeof config === 'object' && config !== null && !Array.isArray(config)
    if (config === null) env.mistake('must have a shape, got nothing')
    else if (!isMapping && !env.isLast) env.mistake('must be a mapping where other steps follow')
    if (isMapping) for (const key of Object.keys(config)) env.makes(optionalName(key).name)
    const part = partOf(config, [], { env, expressions })
    const recall = new Recall(expressions)
    return {
      remembers: recall.isNeeded,
      apply(draft) {
        recall.recall(draft)
        const made = part(draft)
        if (made instanceof Refusal) return made
        // What is no mapping is the last step's, and only written.
        draft.become(made as Record<string, Json>)
        return 'pass'
      }
    }
  }
})

interface Making {
  readonly env: StepEnv
  readonly expressions: Expression[]
}

type Path = readonly (string | number)[]

function partOf(shape: unknown, path: Path, making: Making): Part {
  if (typeof shape === 'string') return leafOf(shape, path, making)
  if (Array.isArray(shape)) return listOf(shape, path, making)
  if (typeof shape === 'object' && shape !== null) return mappingOf(shape, path, making)
  const value = shape as Json // YAML has no other scalars
  return () => value
}

function leafOf(source: string, path: Path, { env, expressions }: Making): Part {
  const expression = env.expression(source, ...path)
  expressions.push(expression)
  const field = nameOf(path)
  return draft => {
    const value = expression.value(draft)
    return value instanceof Fault ? new Refusal(field, reasonOf(value)) : value
  }
}

function listOf(shape: readonly unknown[], path: Path, making: Making): Part {
  const parts = shape.map((one, index) => partOf(one, [...path, index], making))
  return draft => {
    const list: Json[] = []
    for (const part of parts) {
      const made = part(draft)
      if (made instanceof Refusal) return made
      list.push(made)
    }
    return list
  }
}

function mappingOf(shape: object, path: Path, making: Making): Part {
  const parts = Object.entries(shape).map(([key, one]) => ({
    ...optionalName(key),
    part: partOf(one, [...path, key], making)
  }))
  return draft => {
    const mapping: Record<string, Json> = {}
    for (const { name, isOptional, part } of parts) {
      const made = part(draft)
      if (isOptional && (made === null || made instanceof Refusal)) continue
      if (made instanceof Refusal) return made
      put(mapping, name, made)
    }
    return mapping
  }
}

function nameOf(path: Path): string | null {
  if (path.length === 0) return null
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`
    return name === '' ? key : `${name}.${key}`
  }, '')
}
