// The tables of `npm run conformance` as people read them.

import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { painter } from '../../../processors/commands/output.ts'
import { tableLines } from './lines.ts'
import type { Cell, Table } from './tally.ts'

const plain = painter({ isTTY: false })
const pass: Cell = { kind: 'pass' }
const fail: Cell = { kind: 'fail' }
const lacks = (reason: string): Cell => ({ kind: 'lacks', reason })

const tables: Table[] = [
  {
    side: 'targets',
    columns: ['http', 'mqtt with mosquitto'],
    rows: [
      { title: 'delivers', cells: [pass, fail] },
      { title: 'refuses', cells: [lacks('it never does'), lacks('there is no word for it')] }
    ],
    missing: ['wialon']
  },
  {
    side: 'sources',
    columns: ['http'],
    rows: [{ title: 'acknowledges', cells: [lacks('it never does')] }],
    missing: []
  }
]

test('a table has a row for each behaviour, a column for each suite, and reasons below', t => {
  t.deepEqual(tableLines(tables, plain), [
    'A http   B mqtt with mosquitto',
    'TARGETS     A    B',
    'delivers pass FAIL',
    'refuses     1    2',
    '',
    'FAIL  wialon of the registry has no suite of targets',
    '',
    'A http',
    'SOURCES         A',
    'acknowledges    1',
    '',
    'Does not apply, because',
    '  1  it never does',
    '  2  there is no word for it'
  ])
})

test('however many suites and long titles there are, no line is wider than 140 and no cell is left out', t => {
  const columns = Array.from({ length: 45 }, (_, at) => `suite ${at} over something secure`)
  const title = 'what is done is done as it should be '.repeat(8).trim()
  const cells = columns.map((_, at) => (at % 3 === 0 ? lacks(`${at}: ${title}`) : at === 44 ? fail : pass))
  const lines = tableLines([{ side: 'targets', columns, rows: [{ title, cells }], missing: [] }], plain)
  t.true(lines.every(line => line.length <= 140))
  const text = lines.join('\n')
  for (const name of columns) t.true(text.includes(name))
  t.is(text.match(/ pass\b/g)?.length, 29)
  t.is(text.match(/ FAIL\b/g)?.length, 1)
  t.is(text.match(/\bshould\b/g)?.length, 8 * (3 + 15), 'in three tables, and in fifteen reasons')
})

test('a terminal gets colours, and the same words', t => {
  const coloured = tableLines(tables, painter({ isTTY: true }, {}))
  t.deepEqual(coloured.map(stripVTControlCharacters), tableLines(tables, plain))
  t.notDeepEqual(coloured, tableLines(tables, plain))
})

test('a side without any suite still names what is missing', t => {
  const lines = tableLines([{ side: 'sources', columns: [], rows: [], missing: ['http'] }], plain)
  t.deepEqual(lines, ['FAIL  http of the registry has no suite of sources'])
})
