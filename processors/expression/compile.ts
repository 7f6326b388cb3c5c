// From syntax tree to closures, once per expression. A boolean place (the whole of a filter, the operands of && || ! and
// a condition) becomes a test, which needs no value: whatever is a fault there is false.

import type { Geofence } from '../geo/geofence.ts'
import { type CalculationSign, type ComparisonSign, comparisons, numberOf } from './arithmetic.ts'
import { ExpressionError } from './expression-error.ts'
import { compileCall, isTest } from './functions/functions.ts'
import {
  calculation,
  comparison,
  type Evaluate,
  equality,
  flagOf,
  likeness,
  matching,
  type Operands,
  patternMatching,
  sign,
  type Test,
  testOf
} from './operators.ts'
import { type BinaryNode, type FieldNode, type Node, textOf } from './syntax.ts'
import { Fault, fieldOf, type Scope } from './values.ts'

export class Compiler {
  /** The names of the fields that are read of a message. */
  readonly fields = new Set<string>()
  /** The names that are read of the message before. */
  readonly remembered = new Set<string>()
  readonly geofences: ReadonlyMap<string, Geofence>
  readonly #source: string

  constructor(source: string, geofences: ReadonlyMap<string, Geofence>) {
    this.#source = source
    this.geofences = geofences
  }

  value(node: Node): Evaluate {
    switch (node.kind) {
      case 'number':
      case 'constant':
        return () => node.value
      case 'text': {
        const text = textOf(node)
        return () => text
      }
      case 'field':
        return this.#field(node)
      case 'unary':
        return node.operator === '!'
          ? this.test(node)
          : sign(node.operator, this.value(node.operand), node.at)
      case 'binary':
        return this.#binary(node)
      case 'choice':
        return this.choice(node.condition, node.whenTrue, node.whenFalse)
      case 'call':
        return compileCall(node, this)
    }
  }

  test(node: Node): Test {
    if (node.kind === 'unary' && node.operator === '!') {
      const operand = this.test(node.operand)
      return scope => !operand(scope)
    }
    if (node.kind === 'call' && isTest(node)) return this.value(node) as Test // it says so
    if (node.kind !== 'binary') return testOf(this.value(node))
    const { operator, left, right } = node
    if (operator === '&&' || operator === '||') {
      const [first, second] = [this.test(left), this.test(right)]
      return operator === '&&'
        ? scope => first(scope) && second(scope)
        : scope => first(scope) || second(scope)
    }
    const bound = numberIn(right)
    if (isComparison(operator) && left.kind === 'field' && bound !== null)
      return this.#bounded(left, operator, bound)
    const isFlag = isComparison(operator) || operator === '==' || operator === '!=' || operator === '~'
    return isFlag ? flagOf(this.#binary(node)) : testOf(this.#binary(node))
  }

  /** One of two values; the other is not evaluated. */
  choice(condition: Node, whenTrue: Node, whenFalse: Node): Evaluate {
    const [isMet, first, second] = [this.test(condition), this.value(whenTrue), this.value(whenFalse)]
    return scope => (isMet(scope) ? first(scope) : second(scope))
  }

  #field({ name, isOptional, at }: FieldNode): Evaluate {
    this.fields.add(name)
    const missing = isOptional ? null : new Fault(`the message has no "${name}"`, at)
    if (name in {})
      return scope => {
        const value = fieldOf(scope.fields, name)
        return value === undefined ? missing : value
      }
    return scope => {
      const value = scope.fields[name]
      return value === undefined ? missing : value
    }
  }

  /** The usual filter, a field compared with a number, in one closure. */
  #bounded(field: FieldNode, operator: ComparisonSign, bound: number): Test {
    const { name } = field
    const holds = comparisons[operator]
    if (name in {})
      return testOf(comparison(operator, { left: this.#field(field), right: () => bound, at: 0 }))
    this.fields.add(name)
    return ({ fields }: Scope) => {
      const value = fields[name]
      if (typeof value === 'number') return holds(value, bound)
      return typeof value === 'boolean' && holds(numberOf(value), bound)
    }
  }

  #binary(node: BinaryNode): Evaluate {
    const { operator, at } = node
    if (operator === '&&' || operator === '||') return this.test(node)
    if (operator === '==' || operator === '!=') return this.#equality(node, operator === '==')
    if (operator === '~' && node.right.kind === 'text')
      return patternMatching(this.value(node.left), node.right.pieces, at)
    const operands: Operands = { left: this.value(node.left), right: this.value(node.right), at }
    if (operator === '~') return matching(operands)
    if (isComparison(operator)) return comparison(operator, operands)
    return calculation(operator satisfies CalculationSign, operands)
  }

  #equality({ left, right, at }: BinaryNode, isWanted: boolean): Evaluate {
    if (right.kind === 'text' && right.pieces.length > 1)
      return likeness(isWanted, this.value(left), right.pieces)
    if (left.kind === 'text' && left.pieces.length > 1)
      return likeness(isWanted, this.value(right), left.pieces)
    return equality(isWanted, { left: this.value(left), right: this.value(right), at })
  }

  /** A mistake of the user, to be thrown. */
  mistake(sentence: string, at: number): ExpressionError {
    return new ExpressionError(sentence, this.#source, at)
  }
}

/** The number that stands there, a sign in front of it included. */
function numberIn(node: Node): number | null {
  if (node.kind === 'number') return node.value
  if (node.kind !== 'unary' || node.operator !== '-' || node.operand.kind !== 'number') return null
  return -node.operand.value
}

function isComparison(operator: string): operator is ComparisonSign {
  return Object.hasOwn(comparisons, operator)
}
