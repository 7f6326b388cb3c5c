import test from 'ava'
import { Expression } from '../../../processors/expression/expression.ts'
import { ExpressionError } from '../../../processors/expression/expression-error.ts'
import { functionGroups } from '../../../processors/expression/functions/functions.ts'
import { Fault, type Fields, type Json } from '../../../processors/expression/values.ts'
import { compileGeofences } from '../../../processors/geo/geofence.ts'
import { bits, faults, nulls, precedence, type Row, types, unicode, wildcards } from './cases/cases.ts'
import { functions, pastedFilters } from './cases/functions.ts'

const { geofences } = compileGeofences({ depot: { circle: { center: [13.405, 52.52], radiusM: 500 } } })
const nowMs = Date.UTC(2026, 0, 1)

function evaluate(source: string, fields: Fields, previous: Fields | null = null): Json | undefined {
  const expression = new Expression(source, { geofences })
  const scope = { fields, previous, nowMs }
  const value = expression.value(scope)
  const isTrue = !(value instanceof Fault) && value !== 0 && value !== false && value !== null
  if (expression.test(scope) !== isTrue) throw new Error(`as a filter ${source} is not what its value is`)
  return value instanceof Fault ? undefined : value
}

const tables = { precedence, nulls, faults, types, bits, wildcards, unicode, functions, pastedFilters }
for (const [name, rows] of Object.entries<readonly Row[]>(tables))
  test(`expressions give what the table "${name}" says, as values and as filters`, t => {
    for (const [source, message, result] of rows)
      t.deepEqual(evaluate(source, message), result, `${source} of ${JSON.stringify(message)}`)
  })

test('there are at least 200 rows, and none is there twice in its table', t => {
  const rows = Object.values<readonly Row[]>(tables).flat()
  t.true(rows.length >= 200, `${rows.length}`)
  for (const table of Object.values<readonly Row[]>(tables))
    t.is(new Set(table.map(row => JSON.stringify(row.slice(0, 2)))).size, table.length)
})

test('every example of every function gives what its page says', t => {
  for (const { name, examples } of Object.values(functionGroups).flat())
    for (const { expression, message = {}, previous = null, result } of examples) {
      t.true(expression.includes(`${name}(`), `${expression} shows ${name}()`)
      t.deepEqual(evaluate(expression, message, previous), result, expression)
    }
})

test('every fault says why, and where', t => {
  const reasonOf = (source: string, fields: Fields) => {
    const value = new Expression(source).value({ fields, previous: null, nowMs })
    return value instanceof Fault ? `${value.at}: ${value.reason}` : 'no fault'
  }
  t.is(reasonOf('1 + speed', {}), '4: the message has no "speed"')
  t.is(reasonOf('speed / 0', { speed: 1 }), '6: / by zero, or the result is too large')
  t.is(reasonOf('speed > 1', { speed: 'x' }), '6: > needs two numbers or two texts')
  t.is(reasonOf('1 + abs(x)', { x: 'y' }), '8: argument 1 of abs() must be a number, found a text')
  t.is(reasonOf('1 + abs(x)', { x: null }), '8: argument 1 of abs() must be a number, found null')
  t.is(reasonOf('error("no axles")', {}), '0: no axles')
  t.is(reasonOf('1.5 | 1', {}), '4: | needs whole numbers, and a result, of at most 53 bits')
})

/** What is wrong with the source, and where the caret points. */
function mistake(source: string): string {
  try {
    new Expression(source, { geofences })
  } catch (error) {
    if (error instanceof ExpressionError) return `${error.at}: ${error.sentence}`
    throw error
  }
  return 'nothing'
}

test('a mistake says what was expected and where, and what may have been meant', t => {
  const mistakes = {
    '': '0: the expression is empty',
    '1 +': '3: expected a field, a value or a function, found the end',
    'a b': '2: expected an operator or the end, found "b"',
    'a and b': '2: expected an operator or the end, found "and": write &&',
    'a = 1': '2: "=" is no part of an expression: write == to compare',
    'a === 1': '2: "===" is no part of an expression: write == to compare',
    'a !~ "x"': '2: expected an operator or the end, found "!"',
    '(1': '2: expected a ), found the end',
    '1)': '1: expected an operator or the end, found ")"',
    'abs(1': '5: expected a , or a ), found the end',
    'a ? 1': '5: expected the part for "false" behind a :, found the end',
    '"abc': '0: the text has no " at its end',
    '"a\\q"': '2: behind a \\ stands one of " \' \\ * n r t or u with four hexadecimal digits',
    '`abc': '0: the name has no ` at its end',
    '``': '0: a name has at least one character',
    '12ab': '2: a number ends before a letter or another dot',
    '1.2.3': '3: a number ends before a letter or another dot',
    '9007199254740993': '0: a whole number has 53 bits at most; put an identity in quotes',
    '1e999': '0: the number is too large',
    $: '1: expected the name of a field behind $, found the end',
    $1: '1: expected the name of a field behind $, found "1"',
    'a..b': '1: "." is no part of an expression',
    'exsts("a")': '0: there is no function exsts(), did you mean "exists"?',
    'frobnicate()': '0: there is no function frobnicate()',
    'abs()': '0: abs() takes 1 argument, found 0: abs(x)',
    'if(1, 2)': '0: if() takes 3 arguments, found 2: if(condition, x, y)',
    'exists(a.b)': '7: exists() takes the name in quotes: exists("a.b")',
    'hour(1, "Mars/Olympus")': '8: there is no time zone "Mars/Olympus"; one is "Europe/Berlin"',
    'geofence("depto")': '9: there is no geofence "depto", did you mean "depot"?',
    'a[0]': '1: "[" is no part of an expression: names are written with dots, or in backticks',
    '🚚': '0: "🚚" is no part of an expression'
  }
  for (const [source, sentence] of Object.entries(mistakes)) t.is(mistake(source), sentence, source)
})

test('the message of a mistake has the line and a caret under the place', t => {
  const error = t.throws(() => new Expression('position.speed > 1 &&\n  exsts("a")'), {
    instanceOf: ExpressionError
  })
  t.is(error?.message, 'there is no function exsts(), did you mean "exists"?\n    exsts("a")\n    ^')
  const long = t.throws(() => new Expression(`${'a + '.repeat(100)}= 1`), { instanceOf: ExpressionError })
  const [, line = '', caret = ''] = long?.message.split('\n') ?? []
  t.is(line[caret.length - 1], '=')
  t.true(line.length < 90)
})

test('length, depth and rows of operators are bounded, and what is within the bounds is evaluated', t => {
  t.regex(mistake(`"${'x'.repeat(16_383)}"`), /^16384: an expression has at most 16384 characters/)
  t.regex(mistake(`${'('.repeat(101)}1${')'.repeat(101)}`), /nested at most 100 deep/)
  t.regex(mistake(`${'!'.repeat(101)}1`), /nested at most 100 deep/)
  t.regex(mistake(`${'1+'.repeat(1_001)}1`), /at most 1000 operators in a row/)
  t.is(evaluate(`${'('.repeat(99)}1${')'.repeat(99)}`, {}), 1)
  t.is(evaluate(`${'1+'.repeat(999)}1`, {}), 1_000)
  t.is(evaluate(`${'a == 1 || '.repeat(999)}true`, { a: 0 }), true)
})

test('an expression tells which fields it reads', t => {
  const { fields, remembered } = new Expression(
    'a.b > 1 && exists("c") && $d == null && mileage() > previous("e")'
  )
  t.deepEqual([...fields].sort(), ['a.b', 'c', 'd', 'position.latitude', 'position.longitude'])
  t.deepEqual([...remembered].sort(), ['e', 'position.latitude', 'position.longitude'])
})
