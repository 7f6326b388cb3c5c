// Closures for operators. Each looks at numbers first, which are nearly always what is there; its faults are made here,
// once, and not while messages pass.

import {
  type CalculationSign,
  type ComparisonSign,
  calculations,
  comparisons,
  inverted,
  numberOf
} from './arithmetic.ts'
import { matchesPieces } from './text-match.ts'
import { Fault, isTrue, type Json, type Scope, type Value } from './values.ts'

export type Evaluate = (scope: Scope) => Value
export type Test = (scope: Scope) => boolean

/** The longest text that an expression makes, in UTF-16 units. */
export const maxTextLength = 65_536

/** Two operands, and where their operator stands. */
export interface Operands {
  readonly left: Evaluate
  readonly right: Evaluate
  readonly at: number
}

/** + - * / % & | ^ << >> of numbers, and + of two texts. */
export function calculation(sign: CalculationSign, { left, right, at }: Operands): Evaluate {
  const calculate = calculations[sign]
  const wrong = new Fault(`${sign} needs two numbers${sign === '+' ? ' or two texts' : ''}`, at)
  const none = new Fault(noResult(sign), at)
  const tooLong = new Fault(`a text has at most ${maxTextLength} characters`, at)
  const checked = (result: number) => (Number.isFinite(result) ? result : none)
  const unusual = (a: Json, b: Json): Value => {
    if (sign === '+' && typeof a === 'string' && typeof b === 'string')
      return a.length + b.length > maxTextLength ? tooLong : a + b
    const [x, y] = [numberOf(a), numberOf(b)]
    return Number.isNaN(x) || Number.isNaN(y) ? wrong : checked(calculate(x, y))
  }
  return scope => {
    const a = left(scope)
    if (a instanceof Fault) return a
    const b = right(scope)
    if (b instanceof Fault) return b
    if (typeof a === 'number' && typeof b === 'number') return checked(calculate(a, b))
    return unusual(a, b)
  }
}

function noResult(sign: CalculationSign): string {
  if (sign === '/' || sign === '%') return `${sign} by zero, or the result is too large`
  if ('+-*'.includes(sign)) return `the result of ${sign} is too large`
  return `${sign} needs whole numbers, and a result, of at most 53 bits`
}

/** < <= > >= of two numbers or two texts. */
export function comparison(sign: ComparisonSign, { left, right, at }: Operands): Evaluate {
  const holds = comparisons[sign]
  const wrong = new Fault(`${sign} needs two numbers or two texts`, at)
  return scope => {
    const a = left(scope)
    if (a instanceof Fault) return a
    const b = right(scope)
    if (b instanceof Fault) return b
    if (typeof a === 'number' && typeof b === 'number') return holds(a, b)
    if (typeof a === 'string' && typeof b === 'string') return holds(a, b)
    const [x, y] = [numberOf(a), numberOf(b)]
    return Number.isNaN(x) || Number.isNaN(y) ? wrong : holds(x, y)
  }
}

/** == and != of any two values but two lists or objects; values of different types differ, but true is 1. */
export function equality(isWanted: boolean, { left, right, at }: Operands): Evaluate {
  const wrong = new Fault('two lists or objects cannot be compared', at)
  return scope => {
    const a = left(scope)
    if (a instanceof Fault) return a
    const b = right(scope)
    if (b instanceof Fault) return b
    if (typeof a === typeof b && typeof a !== 'object') return (a === b) === isWanted
    if (a === null || b === null) return (a === b) === isWanted
    if (typeof a === 'object' && typeof b === 'object') return wrong
    const x = numberOf(a) // NaN, which equals nothing, for a text
    return (x === numberOf(b)) === isWanted
  }
}

/** == and != with a wildcard in a text in quotes: what is no text does not match. */
export function likeness(isWanted: boolean, operand: Evaluate, pieces: readonly string[]): Evaluate {
  return scope => {
    const text = operand(scope)
    if (text instanceof Fault) return text
    return (typeof text === 'string' && matchesPieces(text, pieces)) === isWanted
  }
}

/** ~ of two texts, where the pattern was computed. */
export function matching({ left, right, at }: Operands): Evaluate {
  const wrong = new Fault('~ needs a text and a pattern', at)
  return scope => {
    const text = left(scope)
    if (text instanceof Fault) return text
    const pattern = right(scope)
    if (pattern instanceof Fault) return pattern
    if (typeof text !== 'string' || typeof pattern !== 'string') return wrong
    return matchesPieces(text, pattern.split('*'))
  }
}

/** ~ with the pattern in quotes. */
export function patternMatching(operand: Evaluate, pieces: readonly string[], at: number): Evaluate {
  const wrong = new Fault('~ needs a text and a pattern', at)
  return scope => {
    const text = operand(scope)
    if (text instanceof Fault) return text
    return typeof text === 'string' ? matchesPieces(text, pieces) : wrong
  }
}

/** - + ~ of a number. */
export function sign(operator: '-' | '+' | '~', operand: Evaluate, at: number): Evaluate {
  const what = operator === '~' ? 'a whole number of at most 53 bits' : 'a number'
  const wrong = new Fault(`${operator} needs ${what}`, at)
  const calculate =
    operator === '-' ? (a: number) => -a : operator === '+' ? (a: number) => a : (a: number) => inverted(a)
  return scope => {
    const value = operand(scope)
    if (value instanceof Fault) return value
    const result = calculate(numberOf(value))
    return Number.isNaN(result) ? wrong : result
  }
}

/** The test of what is true, false or a fault. */
export function flagOf(evaluate: Evaluate): Test {
  return scope => evaluate(scope) === true
}

/** What a condition that was compiled as a value is as a test. */
export function testOf(evaluate: Evaluate): Test {
  return scope => isTrue(evaluate(scope))
}
