// The one explicit list of functions: adding one means a definition and nothing else, its page and its test follow.

import { suggestion } from '../../suggestion.ts'
import type { Compiler } from '../compile.ts'
import type { Evaluate } from '../operators.ts'
import type { CallNode } from '../syntax.ts'
import { choiceFunctions } from './choices.ts'
import type { FunctionSpec } from './function.ts'
import { numberFunctions } from './numbers.ts'
import { placeFunctions } from './places.ts'
import { textFunctions } from './texts.ts'
import { timeFunctions } from './times.ts'

/** By what they are about, for the page. */
export const functionGroups: Readonly<Record<string, readonly FunctionSpec[]>> = {
  Choices: choiceFunctions,
  Numbers: numberFunctions,
  Texts: textFunctions,
  Times: timeFunctions,
  Places: placeFunctions
}

const byName: ReadonlyMap<string, FunctionSpec> = new Map(
  Object.values(functionGroups)
    .flat()
    .map(spec => [spec.name, spec])
)

/** Whether the call always gives true or false. */
export function isTest({ name }: CallNode): boolean {
  return byName.get(name)?.isTest === true
}

/** Throws an ExpressionError for a function that does not exist, or a wrong number of arguments. */
export function compileCall(call: CallNode, compiler: Compiler): Evaluate {
  const spec = byName.get(call.name)
  if (spec === undefined) {
    const hint = suggestion(call.name, [...byName.keys()])
    throw compiler.mistake(`there is no function ${call.name}()${hint}`, call.at)
  }
  const { least, most } = spec.takes
  const { length } = call.args
  if (length >= least && length <= most) return spec.compile(call, compiler)
  const wanted = least === most ? `${least}` : `${least} to ${most}`
  const sentence = `${call.name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, found ${length}: ${spec.usage}`
  throw compiler.mistake(sentence, call.at)
}
