// Functions that decide what is evaluated, or make something of a fault.

import { type Node, textOf } from '../syntax.ts'
import { Fault } from '../values.ts'
import type { FunctionSpec } from './function.ts'

const exists: FunctionSpec = {
  name: 'exists',
  usage: 'exists("name")',
  summary: 'Does the message have the field? One that is null is there, too.',
  examples: [
    { expression: 'exists("position.latitude")', message: { 'position.latitude': 53.2 }, result: true },
    { expression: 'exists("position.latitude")', message: {}, result: false }
  ],
  isTest: true,
  takes: { least: 1, most: 1 },
  compile({ args: [arg] }, compiler) {
    if (arg?.kind === 'field' && !arg.isOptional)
      throw compiler.mistake(`exists() takes the name in quotes: exists("${arg.name}")`, arg.at)
    if (arg?.kind !== 'text')
      throw compiler.mistake('exists() takes the name of a field in quotes', arg?.at ?? 0)
    const name = textOf(arg)
    compiler.fields.add(name)
    if (name in {}) return ({ fields }) => Object.hasOwn(fields, name)
    return ({ fields }) => fields[name] !== undefined
  }
}

const choice: FunctionSpec = {
  name: 'if',
  usage: 'if(condition, x, y)',
  summary:
    'x where the condition is true, else y; the other is not evaluated. The same as condition ? x : y.',
  examples: [
    {
      expression: 'if(position.speed > 90, "fast", "slow")',
      message: { 'position.speed': 95 },
      result: 'fast'
    },
    { expression: 'if(position.speed > 90, "fast", "slow")', message: {}, result: 'slow' }
  ],
  takes: { least: 3, most: 3 },
  compile({ args }, compiler) {
    const [condition, whenTrue, whenFalse] = args as [Node, Node, Node] // their number was checked
    return compiler.choice(condition, whenTrue, whenFalse)
  }
}

const not: FunctionSpec = {
  name: 'not',
  usage: 'not(x)',
  summary: 'True where x is 0, false, null or an error, else false. The same as !x.',
  examples: [
    { expression: 'not(position.valid)', message: { 'position.valid': true }, result: false },
    { expression: 'not(position.valid)', message: {}, result: true }
  ],
  isTest: true,
  takes: { least: 1, most: 1 },
  compile({ args, at }, compiler) {
    const [operand = { kind: 'constant', at, value: null } as const] = args
    return compiler.test({ kind: 'unary', at, operator: '!', operand })
  }
}

const coalesce: FunctionSpec = {
  name: 'coalesce',
  usage: 'coalesce(x, y, ...)',
  summary: 'The first of its values that is neither null nor an error; null where there is none. At most 16.',
  examples: [
    {
      expression: 'coalesce(can.vehicle.mileage, vehicle.mileage, 0)',
      message: { 'vehicle.mileage': 120_345.6 },
      result: 120_345.6
    }
  ],
  takes: { least: 1, most: 16 },
  compile({ args }, compiler) {
    const candidates = args.map(arg => compiler.value(arg))
    return scope => {
      for (const candidate of candidates) {
        const value = candidate(scope)
        if (value !== null && !(value instanceof Fault)) return value
      }
      return null
    }
  }
}

const error: FunctionSpec = {
  name: 'error',
  usage: 'error("reason"?)',
  summary:
    'An error: in a filter false; in a step that makes a value the message is rejected with this reason.',
  examples: [{ expression: 'if(axles > 0, axles, error("no axles"))', message: { axles: 0 } }],
  takes: { least: 0, most: 1 },
  compile({ args: [reason], at }, compiler) {
    if (reason !== undefined && reason.kind !== 'text')
      throw compiler.mistake('error() takes its reason in quotes', reason.at)
    const fault = new Fault(reason === undefined ? 'error()' : textOf(reason), at)
    return () => fault
  }
}

export const choiceFunctions: readonly FunctionSpec[] = [exists, choice, not, coalesce, error]
