// The same language written down once more, slowly and plainly: what the compiled closures are compared with. A fault
// is thrown here.

import { type BinaryOperator, type Node, strengths, textOf } from '../../../processors/expression/syntax.ts'
import type { Fields, Json } from '../../../processors/expression/values.ts'

class Failed extends Error {}

/** The value of the tree; undefined for a fault. */
export function interpret(node: Node, fields: Fields): Json | undefined {
  try {
    return evaluated(node, fields)
  } catch (error) {
    if (error instanceof Failed) return undefined
    throw error
  }
}

function isTrue(node: Node, fields: Fields): boolean {
  const value = interpret(node, fields)
  return ![undefined, null, 0, false].includes(value as never)
}

function evaluated(node: Node, fields: Fields): Json {
  switch (node.kind) {
    case 'number':
    case 'constant':
      return node.value
    case 'text':
      return textOf(node)
    case 'field': {
      const value = new Map(Object.entries(fields)).get(node.name)
      if (value === undefined && !node.isOptional) throw new Failed()
      return value ?? null
    }
    case 'unary': {
      if (node.operator === '!') return !isTrue(node.operand, fields)
      const number = asNumber(evaluated(node.operand, fields))
      if (node.operator === '-') return -number
      return node.operator === '+' ? number : whole(-1n - bigOf(number))
    }
    case 'choice':
      return evaluated(isTrue(node.condition, fields) ? node.whenTrue : node.whenFalse, fields)
    case 'call': {
      const [first, second, third] = node.args as [Node, Node, Node]
      if (node.name === 'if') return evaluated(isTrue(first, fields) ? second : third, fields)
      if (node.name === 'not') return !isTrue(first, fields)
      if (node.name === 'abs') return Math.abs(asNumber(evaluated(first, fields)))
      return interpret(first, fields) ?? interpret(second, fields) ?? null // coalesce
    }
    case 'binary':
      if (node.operator === '&&') return isTrue(node.left, fields) && isTrue(node.right, fields)
      if (node.operator === '||') return isTrue(node.left, fields) || isTrue(node.right, fields)
      return binary(node.operator, node, fields)
  }
}

function binary(operator: BinaryOperator, node: Node & { kind: 'binary' }, fields: Fields): Json {
  if (operator === '==') return isEqual(node, fields)
  if (operator === '!=') return !isEqual(node, fields)
  const [a, b] = [evaluated(node.left, fields), evaluated(node.right, fields)]
  if (operator === '~') {
    if (typeof a !== 'string' || typeof b !== 'string') throw new Failed()
    return isLike(a, node.right.kind === 'text' ? node.right.pieces : b.split('*'))
  }
  const areTexts = typeof a === 'string' && typeof b === 'string'
  if (operator === '+' && areTexts) return a + b
  const [x, y] = areTexts ? [a, b] : [asNumber(a), asNumber(b)]
  if (operator === '<') return x < y
  if (operator === '<=') return x <= y
  if (operator === '>') return x > y
  if (operator === '>=') return x >= y
  return calculated(operator, asNumber(a), asNumber(b))
}

function calculated(operator: BinaryOperator, x: number, y: number): number {
  if (operator === '+') return finite(x + y)
  if (operator === '-') return finite(x - y)
  if (operator === '*') return finite(x * y)
  if (operator === '/') return finite(x / y)
  if (operator === '%') return finite(x % y)
  const [m, n] = [bigOf(x), bigOf(y)]
  if (operator === '&') return whole(m & n)
  if (operator === '|') return whole(m | n)
  if (operator === '^') return whole(m ^ n)
  if (n < 0n || n > 63n) throw new Failed()
  return whole(operator === '<<' ? m << n : m >> n)
}

function isEqual({ left, right }: Node & { kind: 'binary' }, fields: Fields): boolean {
  const [a, b] = [evaluated(left, fields), evaluated(right, fields)]
  if (right.kind === 'text' && right.pieces.length > 1)
    return typeof a === 'string' && isLike(a, right.pieces)
  if (left.kind === 'text' && left.pieces.length > 1) return typeof b === 'string' && isLike(b, left.pieces)
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') throw new Failed()
  const asNumbers = [a, b].map(value => (typeof value === 'boolean' ? Number(value) : value))
  return asNumbers[0] === asNumbers[1]
}

function isLike(text: string, pieces: readonly string[]): boolean {
  const escaped = pieces.map(piece => piece.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`^${escaped.join('[^]*')}$`).test(text)
}

function asNumber(value: Json): number {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'number') throw new Failed()
  return value
}

function finite(result: number): number {
  if (!Number.isFinite(result)) throw new Failed()
  return result
}

function bigOf(number: number): bigint {
  if (!Number.isSafeInteger(number)) throw new Failed()
  return BigInt(number)
}

function whole(result: bigint): number {
  if (!Number.isSafeInteger(Number(result))) throw new Failed()
  return Number(result)
}

/** The source of a tree; with as few parentheses as possible, or with all of them. */
export function print(node: Node, isFull: boolean, around = 0): string {
  const inner = (child: Node, strength: number) => print(child, isFull, strength)
  const wrapped = (text: string, strength: number) => (isFull || strength < around ? `(${text})` : text)
  switch (node.kind) {
    case 'number':
    case 'constant':
      return String(node.value)
    case 'text':
      return `"${node.pieces.map(piece => JSON.stringify(piece).slice(1, -1).replaceAll('*', '\\*')).join('*')}"`
    case 'field': {
      const isPlain = /^[a-z][\w.]*$/.test(node.name) && !['true', 'false', 'null'].includes(node.name)
      return (node.isOptional ? '$' : '') + (isPlain ? node.name : `\`${node.name}\``)
    }
    case 'unary':
      return wrapped(`${node.operator}${inner(node.operand, 11)}`, 11)
    case 'binary': {
      const strength = strengths[node.operator]
      const text = `${inner(node.left, strength)} ${node.operator} ${inner(node.right, strength + 1)}`
      return wrapped(text, strength)
    }
    case 'choice':
      return wrapped(
        `${inner(node.condition, 1)} ? ${inner(node.whenTrue, 0)} : ${inner(node.whenFalse, 0)}`,
        0
      )
    case 'call':
      return `${node.name}(${node.args.map(arg => inner(arg, 0)).join(', ')})`
  }
}
