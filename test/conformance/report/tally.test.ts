// The table of the conformance suites must hide nothing: whatever is not known to have passed has failed.

import test from 'ava'
import type { Note, Suite } from './declare.ts'
import { type Cell, countOf, tally } from './tally.ts'

const http: Suite = { side: 'targets', connector: 'http', name: 'http' }
const http2: Suite = { side: 'targets', connector: 'http', name: 'http/2' }
const mqtt: Suite = { side: 'targets', connector: 'mqtt', name: 'mqtt' }
const connectors = { targets: ['mqtt', 'http'], sources: [] }

/** What a suite notes of a behaviour. */
function notes(suite: Suite, title: string, ...happened: Note['happened'][]): Note[] {
  return happened.map(what => ({
    suite,
    title,
    happened: what,
    ...(what === 'lacks' && { reason: `${suite.name} cannot do it` })
  }))
}

/** The table of targets as text. */
function cells(given: readonly Note[]): Record<string, string[]> {
  const [targets] = tally(given, connectors)
  const text = (cell: Cell) => (cell.kind === 'lacks' ? cell.reason : cell.kind)
  return Object.fromEntries(targets?.rows.map(row => [row.title, row.cells.map(text)]) ?? [])
}

test('columns stand in the order of the registry, rows in that of the menu', t => {
  const [table] = tally(
    [...notes(http2, 'b', 'declared'), ...notes(http, 'a', 'declared'), ...notes(mqtt, 'b', 'declared')],
    connectors
  )
  t.deepEqual(table?.columns, ['mqtt', 'http', 'http/2'])
  t.deepEqual(
    table?.rows.map(({ title }) => title),
    ['b', 'a']
  )
})

test('what is declared passes, does not apply with its reason, or has failed', t => {
  const given = [
    ...notes(mqtt, 'works', 'declared', 'passed'),
    ...notes(http, 'works', 'declared', 'lacks'),
    ...notes(mqtt, 'breaks', 'declared'),
    ...notes(http, 'breaks', 'declared', 'passed')
  ]
  t.deepEqual(cells(given), { works: ['pass', 'http cannot do it'], breaks: ['fail', 'pass'] })
  const tables = tally(given, connectors)
  t.deepEqual(
    (['pass', 'fail', 'lacks'] as const).map(kind => countOf(tables, kind)),
    [2, 1, 1]
  )
})

test('a behaviour that a suite does not declare has failed there', t => {
  const given = [...notes(mqtt, 'works', 'declared', 'passed'), ...notes(http, 'other', 'declared', 'passed')]
  t.deepEqual(cells(given), { works: ['pass', 'fail'], other: ['fail', 'pass'] })
})

test('of two suites with one name both must pass', t => {
  const twice = notes(http, 'works', 'declared', 'declared', 'passed')
  t.deepEqual(cells(twice), { works: ['fail'] })
  t.deepEqual(cells([...twice, ...notes(http, 'works', 'passed')]), { works: ['pass'] })
  t.deepEqual(cells([...twice, ...notes(http, 'works', 'lacks')]), { works: ['http cannot do it'] })
})

test('a connector of the registry without a suite is named, on its side', t => {
  const given = notes(http, 'works', 'declared', 'passed')
  const missing = (sources: string[]) =>
    tally(given, { ...connectors, sources }).map(table => [table.side, table.missing])
  t.deepEqual(missing(['http']), [
    ['targets', ['mqtt']],
    ['sources', ['http']]
  ])
  t.deepEqual(missing([]), [
    ['targets', ['mqtt']],
    ['sources', []]
  ])
})
