// From source to syntax tree, by precedence climbing. What may be written is bounded: in length, in depth of nesting, and
// in the height of the tree, so that no expression can exhaust the stack, here or later.

import { ExpressionError } from './expression-error.ts'
import { type BinaryOperator, type Node, strengths, type UnaryOperator, unaryOperators } from './syntax.ts'
import { type Token, tokensOf } from './tokens.ts'

/** UTF-16 units. */
const maxLength = 16_384
/** Parentheses, calls, conditions and signs in front, in one another. */
const maxDepth = 100
/** Operators in a row count, too: each stands above the one before. */
const maxHeight = 1_000

const constants: Readonly<Record<string, true | false | null>> = { true: true, false: false, null: null }

/** Words that other languages have for operators. */
const words: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  eq: '==',
  ne: '!=',
  matches: '~',
  like: '~'
}

/** Throws an ExpressionError that says where it is wrong and what was expected there. */
export function parse(source: string): Node {
  if (source.length > maxLength)
    throw new ExpressionError(`an expression has at most ${maxLength} characters`, source, maxLength)
  return new Parser(source).parse()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #heights = new WeakMap<Node, number>()
  #next = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokensOf(source)
  }

  parse(): Node {
    if (this.#isAtEnd()) throw this.#error('the expression is empty')
    const node = this.#choice()
    if (!this.#isAtEnd()) throw this.#unexpected('an operator or the end')
    return node
  }

  /** condition ? one : other; taken from the right, as in C. */
  #choice(): Node {
    return this.#nested(() => {
      const condition = this.#binary(1)
      const { at } = this.#token
      if (!this.#take('?')) return condition
      const whenTrue = this.#choice()
      this.#expect(':', 'the part for "false" behind a :')
      const whenFalse = this.#choice()
      return this.#made({ kind: 'choice', at, condition, whenTrue, whenFalse }, [
        condition,
        whenTrue,
        whenFalse
      ])
    })
  }

  #binary(least: number): Node {
    let left = this.#unary()
    for (let operator = this.#operator(least); operator !== null; operator = this.#operator(least)) {
      const { at } = this.#token
      this.#next++
      const right = this.#binary(strengths[operator] + 1)
      left = this.#made({ kind: 'binary', at, operator, left, right }, [left, right])
    }
    return left
  }

  /** The operator that is next, if it binds at least so strongly. */
  #operator(least: number): BinaryOperator | null {
    const token = this.#token
    if (token.kind !== 'sign' || !isBinary(token.sign) || strengths[token.sign] < least) return null
    return token.sign
  }

  #unary(): Node {
    const token = this.#token
    if (token.kind !== 'sign' || !isUnary(token.sign)) return this.#primary()
    const { at, sign: operator } = token
    this.#next++
    const operand = this.#nested(() => this.#unary())
    return this.#made({ kind: 'unary', at, operator, operand }, [operand])
  }

  #primary(): Node {
    const token = this.#token
    if (token.kind === 'number' || token.kind === 'text') {
      this.#next++
      return token
    }
    if (token.kind === 'name') return this.#name(token)
    const { at } = token
    if (this.#take('$')) {
      const named = this.#token
      if (named.kind !== 'name') throw this.#unexpected('the name of a field behind $')
      this.#next++
      return { kind: 'field', at, name: named.name, isOptional: true }
    }
    if (!this.#take('(')) throw this.#unexpected('a field, a value or a function')
    const node = this.#choice()
    this.#expect(')', 'a )')
    return node
  }

  #name({ at, name, isQuoted }: Token & { kind: 'name' }): Node {
    this.#next++
    if (!isQuoted && this.#take('(')) return this.#call(name, at)
    const constant = isQuoted || !Object.hasOwn(constants, name) ? undefined : constants[name]
    if (constant !== undefined) return { kind: 'constant', at, value: constant }
    return { kind: 'field', at, name, isOptional: false }
  }

  #call(name: string, at: number): Node {
    const args: Node[] = []
    if (!this.#take(')')) {
      do args.push(this.#choice())
      while (this.#take(','))
      this.#expect(')', 'a , or a )')
    }
    return this.#made({ kind: 'call', at, name, args }, args)
  }

  get #token(): Token {
    // The last token is the end, and nothing is taken behind it.
    return this.#tokens[this.#next] as Token
  }

  #isAtEnd(): boolean {
    return this.#token.kind === 'end'
  }

  #take(sign: string): boolean {
    const token = this.#token
    if (token.kind !== 'sign' || token.sign !== sign) return false
    this.#next++
    return true
  }

  #expect(sign: string, what: string): void {
    if (!this.#take(sign)) throw this.#unexpected(what)
  }

  #nested(parsePart: () => Node): Node {
    if (++this.#depth > maxDepth) throw this.#error(`an expression is nested at most ${maxDepth} deep`)
    const node = parsePart()
    this.#depth--
    return node
  }

  #made(node: Node, children: readonly Node[]): Node {
    const height = 1 + Math.max(0, ...children.map(child => this.#heights.get(child) ?? 0))
    if (height > maxHeight)
      throw new ExpressionError(
        `an expression has at most ${maxHeight} operators in a row`,
        this.#source,
        node.at
      )
    this.#heights.set(node, height)
    return node
  }

  #unexpected(expected: string): ExpressionError {
    const token = this.#token
    if (token.kind === 'name' && Object.hasOwn(words, token.name))
      return this.#error(`expected ${expected}, found "${token.name}": write ${words[token.name]}`)
    const found = token.kind === 'end' ? 'the end' : JSON.stringify(this.#textAt(token))
    return this.#error(`expected ${expected}, found ${found}`)
  }

  #textAt({ at }: Token): string {
    const end = this.#tokens[this.#next + 1]?.at ?? this.#source.length
    return this.#source.slice(at, Math.min(end, at + 20)).trim()
  }

  #error(sentence: string): ExpressionError {
    return new ExpressionError(sentence, this.#source, this.#token.at)
  }
}

function isBinary(sign: string): sign is BinaryOperator {
  return Object.hasOwn(strengths, sign)
}

function isUnary(sign: string): sign is UnaryOperator {
  return (unaryOperators as readonly string[]).includes(sign)
}
