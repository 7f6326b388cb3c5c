// The page of the language: every row of its tables is evaluated, so that it cannot say what is not so.

import { readFileSync } from 'node:fs'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { Expression } from '../../../processors/expression/expression.ts'
import { ExpressionError } from '../../../processors/expression/expression-error.ts'
import { decodeFields, encodeJson } from '../../../processors/expression/json.ts'
import { parse } from '../../../processors/expression/parse.ts'
import { type Node, strengths, unaryOperators } from '../../../processors/expression/syntax.ts'
import { Fault, type Fields } from '../../../processors/expression/values.ts'
import { compileGeofences } from '../../../processors/geo/geofence.ts'
import { codeBlocks, rowsUnder } from '../../markdown.ts'

const page = readFileSync(packageRoot('processors/expression/README.md'), 'utf8')
const rows = rowsUnder(page, ['expression', 'message', 'result'])
const { geofences } = compileGeofences({ depot: { circle: { center: [13.405, 52.52], radiusM: 500 } } })
const nowMs = Date.UTC(2026, 0, 1)

/** The fields of a message in a cell; those of an empty one for none. */
function fieldsOf(cell: string): Fields {
  const bytes = Buffer.from(cell === '' ? '{}' : cell)
  const fields = decodeFields(bytes, 0, bytes.length)
  if (fields === undefined) throw new Error(`${cell} is no message`)
  return fields
}

/** What the page should say: `error`, or the value as JSON. */
function resultOf(source: string, message: string): string {
  const [now = '', before] = message.split('` after `')
  const previous = before === undefined ? null : fieldsOf(before)
  const value = new Expression(source, { geofences }).value({ fields: fieldsOf(now), previous, nowMs })
  return value instanceof Fault ? 'error' : encodeJson(value)
}

/** JSON as it is written here, without blanks. */
function asWritten(json = ''): string {
  return encodeJson(fieldsOf(`{"result":${json}}`).result ?? null)
}

for (const [source = '', message = '', result] of rows)
  test(`the page is right about ${source} of ${message || 'any message'}`, t => {
    t.is(resultOf(source, message), result === 'error' ? 'error' : asWritten(result))
  })

test('the page has at least 60 rows', t => {
  t.true(rows.length >= 60, `${rows.length}`)
})

/** The operators in a tree, those in front marked with a dot behind. */
function* operatorsIn(node: Node): Generator<string> {
  if (node.kind === 'unary') {
    yield `${node.operator}.`
    yield* operatorsIn(node.operand)
  } else if (node.kind === 'binary') {
    yield node.operator
    for (const child of [node.left, node.right]) yield* operatorsIn(child)
  } else if (node.kind === 'choice') {
    yield '?:'
    for (const child of [node.condition, node.whenTrue, node.whenFalse]) yield* operatorsIn(child)
  } else if (node.kind === 'call') for (const arg of node.args) yield* operatorsIn(arg)
}

test('every operator has a row', t => {
  const shown = new Set(rows.flatMap(([source = '']) => [...operatorsIn(parse(source))]))
  const all = [...Object.keys(strengths), ...unaryOperators.map(operator => `${operator}.`), '?:']
  t.deepEqual(
    all.filter(operator => !shown.has(operator)),
    []
  )
})

test('the table of strengths has all operators, the strongest first', t => {
  const lines = rowsUnder(page, ['operators', 'what they do']).map(([signs = '']) => signs.split(' '))
  const [inFront, ...others] = lines
  t.deepEqual(inFront, [...unaryOperators])
  const strongest = Math.max(...Object.values(strengths))
  const listed = others.slice(0, strongest).map((signs, at) => signs.map(sign => [sign, strongest - at]))
  t.deepEqual(Object.fromEntries(listed.flat()), strengths)
  t.deepEqual(others.slice(strongest), [['?', ':']])
})

test('mistakes are told as the page shows them', t => {
  const blocks = codeBlocks(page, 'text').map(({ text }) => text)
  t.true(blocks.length >= 2)
  for (const block of blocks) {
    const source = block.split('\n')[1]?.trim() ?? ''
    const error = t.throws(() => new Expression(source, { geofences }), { instanceOf: ExpressionError })
    t.is(error?.message, block.trimEnd())
  }
})
