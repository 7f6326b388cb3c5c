// What a function of the language is: its page, and how a call of it is compiled. Most compute a value from values of
// known types (`plain`); a few decide themselves what they evaluate.

import type { Compiler } from '../compile.ts'
import type { Evaluate } from '../operators.ts'
import type { CallNode } from '../syntax.ts'
import { Fault, type Fields, type Json, nameOf } from '../values.ts'

/** A call for the reference page; a test evaluates it. Times are in UTC, and now is 2026-01-01T00:00:00Z. */
export interface Example {
  readonly expression: string
  readonly message?: Fields
  /** The message before of the same device. */
  readonly previous?: Fields
  /** Left out for an error. */
  readonly result?: Json
}

export interface FunctionSpec {
  readonly name: string
  /** With its arguments: `round(x, digits?)`. */
  readonly usage: string
  /** What it gives, as a sentence. */
  readonly summary: string
  readonly examples: readonly [Example, ...Example[]]
  /** It always gives true or false, and no fault. */
  readonly isTest?: true
  readonly takes: { readonly least: number; readonly most: number }
  compile(call: CallNode, compiler: Compiler): Evaluate
}

export type ParameterType = 'number' | 'text' | 'any' | 'number?' | 'text?'

type Argument<T> = T extends 'number'
  ? number
  : T extends 'text'
    ? string
    : T extends 'number?'
      ? number | undefined
      : T extends 'text?'
        ? string | undefined
        : Json

export interface PlainSpec<P extends readonly ParameterType[]>
  extends Pick<FunctionSpec, 'name' | 'usage' | 'summary' | 'examples'> {
  readonly parameters: P
  /** Undefined where there is no result for these values. */
  compute(...args: { [K in keyof P]: Argument<P[K]> }): Json | undefined
  /** Why there is none. */
  readonly fails?: string
}

/** A function that computes from values; a fault among them is its result, and a value of another type a fault. */
export function plain<const P extends readonly ParameterType[]>(spec: PlainSpec<P>): FunctionSpec {
  const { parameters, name, fails = `${name}() has no result for these values` } = spec
  // The types of the values are checked below, one by one, against the parameters that TypeScript reads them from.
  const compute = spec.compute as (...args: readonly (Json | undefined)[]) => Json | undefined
  const least = parameters.filter(type => !type.endsWith('?')).length
  return {
    ...{ name, usage: spec.usage, summary: spec.summary, examples: spec.examples },
    takes: { least, most: parameters.length },
    compile({ args, at }, compiler) {
      const typed = args.map((arg, index) =>
        ofType(compiler.value(arg), parameters[index] ?? 'any', new WrongType(name, index, arg.at))
      )
      const none = new Fault(fails, at)
      const values: (Json | undefined)[] = parameters.map(() => undefined)
      return scope => {
        for (let index = 0; index < typed.length; index++) {
          const value = typed[index]?.(scope) ?? null
          if (value instanceof Fault) return value
          values[index] = value
        }
        const result = compute(...values)
        return result === undefined || (typeof result === 'number' && !Number.isFinite(result))
          ? none
          : result
      }
    }
  }
}

/** The faults of an argument, one for each type of value, so that they say what was found. */
class WrongType {
  readonly #faults = new Map<string, Fault>()
  readonly #name: string
  readonly #index: number
  readonly #at: number

  constructor(name: string, index: number, at: number) {
    this.#name = name
    this.#index = index
    this.#at = at
  }

  of(value: Json, wanted: string): Fault {
    const found = nameOf(value)
    const known = this.#faults.get(found)
    if (known !== undefined) return known
    const which = `argument ${this.#index + 1} of ${this.#name}()`
    const fault = new Fault(`${which} must be ${wanted}, found ${found}`, this.#at)
    this.#faults.set(found, fault)
    return fault
  }
}

/** True and false count as numbers, as everywhere. */
function ofType(evaluate: Evaluate, type: ParameterType, wrong: WrongType): Evaluate {
  if (type === 'any') return evaluate
  const isNumber = type.startsWith('number')
  return scope => {
    const value = evaluate(scope)
    if (value instanceof Fault) return value
    if (isNumber && typeof value === 'boolean') return Number(value)
    if (isNumber ? typeof value === 'number' : typeof value === 'string') return value
    return wrong.of(value, isNumber ? 'a number' : 'a text')
  }
}
