// Makes the steps of a stream of its configuration, once, and finds every mistake in them that the schema cannot find.

import { createHash } from 'node:crypto'
import type { OneOfKinds } from '../../schemas/define.ts'
import type { Attributes } from '../attributes/attributes.ts'
import { Expression } from '../expression/expression.ts'
import { ExpressionError } from '../expression/expression-error.ts'
import type { Geofence } from '../geo/geofence.ts'
import { stepOf } from './registry.ts'
import type { Step, StepEnv } from './step.ts'

/** What the steps of all streams share. */
export interface StepParts {
  readonly geofences: ReadonlyMap<string, Geofence>
  readonly attributes: Pick<Attributes, 'of'>
}

/** A mistake, and the keys that lead from the list of steps to its place. */
export interface StepMistake {
  readonly path: readonly (string | number)[]
  readonly sentence: string
}

export interface NamedStep {
  /** What people know it by: `steps[2].map`. */
  readonly name: string
  /** The same as long as its settings are: what it remembers belongs to it. */
  readonly id: string
  readonly step: Step
}

/** A field that a step looks at, and the keys that lead from the list of steps to where it is named. */
export interface FieldRead {
  readonly path: readonly (string | number)[]
  readonly field: string
}

export interface CompiledSteps {
  readonly steps: readonly NamedStep[]
  readonly reads: readonly FieldRead[]
  /** Fields that steps may add, by the index of the step. */
  readonly makes: readonly (readonly string[])[]
  readonly mistakes: readonly StepMistake[]
}

/** Has whatever is asked for: where it lies changes nothing about what steps remember. */
class AnyGeofence extends Map<string, Geofence> {
  override get(name: string): Geofence {
    return { name, contains: () => false }
  }
}

/** Whether any of the steps remembers something of each device. */
export function remembers(configs: readonly OneOfKinds[]): boolean {
  const { steps } = compileSteps(configs, { geofences: new AnyGeofence(), attributes: { of: () => null } })
  return steps.some(({ step }) => step.remembers)
}

/** `configs` is what stands under `steps:`, and has been checked against the schema. */
export function compileSteps(configs: readonly OneOfKinds[], parts: StepParts): CompiledSteps {
  const mistakes: StepMistake[] = []
  const reads: FieldRead[] = []
  const makes: string[][] = configs.map(() => [])
  const steps = configs.flatMap((config, index): NamedStep[] => {
    const [kind = ''] = Object.keys(config)
    const definition = stepOf(kind)
    if (definition === undefined) return []
    const env = envOf(parts, {
      mistakes,
      reads,
      makes: makes[index] ?? [],
      base: [index, kind],
      isLast: index === configs.length - 1
    })
    const id = idOf(config, configs.slice(0, index))
    return [{ name: `steps[${index}].${kind}`, id, step: definition.create(config[kind], env) }]
  })
  return { steps, reads, makes, mistakes }
}

/** Of two equal steps the second has another. */
function idOf(config: OneOfKinds, before: readonly OneOfKinds[]): string {
  const text = JSON.stringify(config)
  const equal = before.filter(other => JSON.stringify(other) === text).length
  return createHash('sha256').update(text).update(String(equal)).digest('base64url').slice(0, 12)
}

interface Noting {
  readonly mistakes: StepMistake[]
  readonly reads: FieldRead[]
  readonly makes: string[]
  readonly base: readonly (string | number)[]
  readonly isLast: boolean
}

function envOf(parts: StepParts, { mistakes, reads, makes, base, isLast }: Noting): StepEnv {
  const mistake: StepEnv['mistake'] = (sentence, ...path) => {
    mistakes.push({ path: [...base, ...path], sentence })
  }
  return {
    ...parts,
    isLast,
    mistake,
    makes: field => void makes.push(field),
    reads: (field, ...path) => void reads.push({ path: [...base, ...path], field }),
    expression(source, ...path) {
      if (typeof source !== 'string') return new Expression('null') // it is told by the schema
      try {
        const expression = new Expression(source, parts)
        for (const field of new Set([...expression.fields, ...expression.remembered]))
          reads.push({ path: [...base, ...path], field })
        return expression
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error
        mistake(error.message, ...path)
        return new Expression('null')
      }
    }
  }
}
