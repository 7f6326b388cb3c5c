// Trees and texts drawn at random. TAILRACE_FUZZ_SEED replays them, TAILRACE_FUZZ_INPUTS says how many are drawn.

import test from 'ava'
import { Expression } from '../../../processors/expression/expression.ts'
import { ExpressionError } from '../../../processors/expression/expression-error.ts'
import { functionGroups } from '../../../processors/expression/functions/functions.ts'
import { parse } from '../../../processors/expression/parse.ts'
import {
  type BinaryOperator,
  type Node,
  strengths,
  unaryOperators
} from '../../../processors/expression/syntax.ts'
import { Fault, type Fields, type Json } from '../../../processors/expression/values.ts'
import { type Random, seeded } from '../../seeded.ts'
import { interpret, print } from './interpreter.ts'

const inputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_FUZZ_SEED ?? Date.now() % 1_000_000)

const names = ['a', 'b.c', 'd.1', 'constructor', 'with space', 'true', 'ж'] as const
const values: readonly Json[] = [0, 1, -1, 2, 0.5, 255, 2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1, 1e308, true, false]
const others: readonly Json[] = [null, '', 'a', 'ab', 'a*b', 'xay', '*', '"\\\n', '🚚', [], [1], { a: 1 }]
const numbers = [0, 1, 2, 0.5, 3.25, 52, 63, 255, 4_294_967_296, Number.MAX_SAFE_INTEGER, 1e300]
const texts: readonly (readonly string[])[] = [
  ['a'],
  ['a', ''],
  ['', 'a', ''],
  ['a*b'],
  ['', ''],
  [''],
  ['"\\\n'],
  ['🚚']
]
const binaryOperators = Object.keys(strengths) as BinaryOperator[] // the keys are those of the table

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T // the index is within the list
}

function treeOf(random: Random, depth: number): Node {
  const child = () => treeOf(random, depth - 1)
  const kind = depth === 0 ? Math.floor(random() * 4) : Math.floor(random() * 12)
  const at = 0
  if (kind === 0) return { kind: 'number', at, value: pick(random, numbers) }
  if (kind === 1) return { kind: 'text', at, pieces: pick(random, texts) }
  if (kind === 2) return { kind: 'constant', at, value: pick(random, [true, false, null]) }
  if (kind === 3) return { kind: 'field', at, name: pick(random, names), isOptional: random() < 0.3 }
  if (kind === 4) return { kind: 'unary', at, operator: pick(random, unaryOperators), operand: child() }
  if (kind === 5) return { kind: 'choice', at, condition: child(), whenTrue: child(), whenFalse: child() }
  if (kind === 6) {
    const [name, count] = pick(random, [
      ['if', 3],
      ['not', 1],
      ['abs', 1],
      ['coalesce', 2]
    ] as const)
    return { kind: 'call', at, name, args: Array.from({ length: count }, child) }
  }
  return { kind: 'binary', at, operator: pick(random, binaryOperators), left: child(), right: child() }
}

function messageOf(random: Random): Fields {
  const fields: Record<string, Json> = {}
  for (const name of names) if (random() < 0.7) fields[name] = pick(random, random() < 0.6 ? values : others)
  return fields
}

/** The tree without its places. */
function shapeOf(node: Node): string {
  return JSON.stringify(node, (key, value) => (key === 'at' ? undefined : value))
}

test('random trees are printed, parsed and evaluated alike, with all parentheses and with few', t => {
  const random = seeded(seed)
  for (let run = 0; run < inputs; run++) {
    const tree = treeOf(random, 1 + Math.floor(random() * 5))
    const fields = messageOf(random)
    const scope = { fields, previous: null, nowMs: 0 }
    const expected = interpret(tree, fields)
    for (const isFull of [true, false]) {
      const source = print(tree, isFull)
      if (shapeOf(parse(source)) !== shapeOf(tree))
        return t.fail(`seed ${seed}: ${source} is read as another tree`)
      const expression = new Expression(source)
      const value = expression.value(scope)
      const found = value instanceof Fault ? undefined : value
      const isTrue = ![undefined, null, 0, false].includes(expected as never)
      const isAlike = Object.is(found, expected) || JSON.stringify(found) === JSON.stringify(expected)
      if (!isAlike || expression.test(scope) !== isTrue)
        return t.fail(
          `seed ${seed}: ${source} of ${JSON.stringify(fields)}: ${JSON.stringify([found, expected])}`
        )
    }
  }
  t.pass()
})

const functionNames = Object.values(functionGroups).flatMap(specs => specs.map(({ name }) => `${name}(`))
const tokens = [
  ...Object.keys(strengths),
  ...[
    '!',
    '?',
    ':',
    '(',
    ')',
    ',',
    '$',
    '"a*"',
    "'x'",
    '"',
    "'",
    '`',
    '\\',
    '\\u00',
    '1',
    '0x1F',
    '1e9',
    '1e999',
    '.'
  ],
  ...[
    '9007199254740993',
    'true',
    'null',
    'and',
    '=',
    '[',
    ' ',
    '\n',
    '\t',
    '🚚',
    '\ud800',
    '\0',
    'constructor'
  ],
  ...['a', 'b.c', '__proto__', 'ain#1', ...functionNames]
]

test('random tokens and bytes are an expression with a value, or a mistake with its place', t => {
  const random = seeded(seed + 1)
  let valid = 0
  for (let run = 0; run < inputs; run++) {
    const source = run % 2 === 0 ? tokensOf(random) : bytesOf(random)
    try {
      const expression = new Expression(source)
      const fields = messageOf(random)
      expression.value({ fields, previous: random() < 0.5 ? null : fields, nowMs: 0 })
      expression.test({ fields, previous: null, nowMs: 0 })
      valid++
    } catch (error) {
      const isMistake = error instanceof ExpressionError && error.at >= 0 && error.at <= source.length
      if (!isMistake) return t.fail(`seed ${seed}: ${JSON.stringify(source)}: ${error}`)
    }
  }
  t.true(valid > inputs / 1_000, `${valid} of ${inputs} are expressions`)
  t.log(`${valid} of ${inputs} are expressions`)
})

function tokensOf(random: Random): string {
  const length = random() < 0.01 ? 2_000 : 1 + Math.floor(random() * 12)
  return Array.from({ length }, () => pick(random, tokens)).join(random() < 0.5 ? ' ' : '')
}

function bytesOf(random: Random): string {
  const length = random() < 0.001 ? 40_000 : Math.floor(random() * 24)
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))).toString(
    random() < 0.5 ? 'utf8' : 'latin1'
  )
}
