// What came of a case beside what was expected of it, as differences that a person reads from top to bottom.

import { parseJson } from '../../../connectors/shared/json/values.ts'
import type { Expectations } from '../../../schemas/policy-test.ts'
import type { Observed } from './observe.ts'
import { durationText, isAsExpected, parseRequest, type Request, requestText } from './suite/lines.ts'
import { contract, expand } from './suite/names.ts'

/** One line: in both, only expected, or only found. */
export interface DiffLine {
  readonly kind: 'same' | 'expected' | 'found'
  readonly text: string
}

/** One part of the expectations that does not hold. */
export interface Difference {
  readonly part: string
  readonly lines: readonly DiffLine[]
}

/** None when all is as expected. `requests` are those of `expect`, read. */
export function compare(
  expect: Expectations,
  requests: readonly Request[],
  observed: Observed
): Difference[] {
  const parts: [string, readonly DiffLine[] | undefined][] = [
    ['requests', expect.requests && compareRequests(requests, observed.requests)],
    [
      'delivered',
      expect.delivered &&
        compareTexts(
          expect.delivered.flatMap(line => expand(line) ?? line),
          observed.delivered
        )
    ],
    ['sent', expect.sent && compareSent(expect.sent, observed.sent)],
    ['deadLetters', expect.deadLetters && compareTexts(expect.deadLetters, observed.deadLetters)],
    ['held', expect.held && compareTexts(expect.held, observed.held)],
    ['offset', compareOne(expect.offset, observed.offset)],
    ['counts', expect.counts && compareCounts(expect.counts, observed.counts)],
    ['state', compareOne(expect.state, observed.state)]
  ]
  return parts.flatMap(([part, lines = []]) =>
    lines.some(({ kind }) => kind !== 'same') ? [{ part, lines }] : []
  )
}

function compareRequests(expected: readonly Request[], made: readonly string[]): DiffLine[] {
  const found = made.map(line => parseRequest(line))
  return align(expected.map(expectedText), made, (at, other) => {
    const [one, two] = [expected[at], found[other]]
    return one !== undefined && two !== undefined && two !== null && isAsExpected(one, two)
  })
}

function expectedText(request: Request): string {
  const { fromMs, toMs, names, answer } = request
  if (fromMs === toMs) return requestText(request)
  const time = toMs === Number.POSITIVE_INFINITY ? '*' : `${durationText(fromMs)}..${durationText(toMs)}`
  return `${time} ${contract(names)} -> ${answer}`
}

function compareTexts(expected: readonly string[], found: readonly string[]): DiffLine[] {
  return align(expected, found, (at, other) => expected[at] === found[other])
}

/** As JSON, whatever the order of its names. */
function compareSent(
  expected: Readonly<Record<string, unknown>>,
  found: ReadonlyMap<string, string>
): DiffLine[] {
  const names = Object.keys(expected)
  const line = (name: string, value: unknown) => `${name} ${JSON.stringify(sorted(value))}`
  return compareTexts(
    names.map(name => line(name, expected[name])),
    names.map(name => {
      const text = found.get(name)
      return text === undefined ? `${name} was not sent` : line(name, parseJson(text))
    })
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, part]): [string, unknown] => [name, sorted(part)])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function compareOne(expected: number | string | undefined, found: number | string): DiffLine[] | undefined {
  return expected === undefined ? undefined : compareTexts([String(expected)], [String(found)])
}

function compareCounts(
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>
): DiffLine[] {
  const line = (name: string, count: number | undefined) => `${name}: ${count ?? 'no such count'}`
  const names = Object.keys(expected)
  return compareTexts(
    names.map(name => line(name, expected[name])),
    names.map(name => line(name, found[name]))
  )
}

/** The longest common subsequence, and around it what is only in one of the two; what was expected stands first. */
function align(
  expected: readonly string[],
  found: readonly string[],
  isSame: (at: number, other: number) => boolean
): DiffLine[] {
  const common = lengths(expected.length, found.length, isSame)
  const lengthAt = (at: number, other: number) => common[at]?.[other] ?? 0
  const lines: DiffLine[] = []
  let [at, other] = [0, 0]
  while (at < expected.length || other < found.length) {
    const isPair = at < expected.length && other < found.length && isSame(at, other)
    if (isPair && lengthAt(at, other) === lengthAt(at + 1, other + 1) + 1) {
      lines.push({ kind: 'same', text: found[other++] ?? '' })
      at++
    } else if (at < expected.length && lengthAt(at + 1, other) >= lengthAt(at, other + 1))
      lines.push({ kind: 'expected', text: expected[at++] ?? '' })
    else if (other < found.length) lines.push({ kind: 'found', text: found[other++] ?? '' })
    else lines.push({ kind: 'expected', text: expected[at++] ?? '' })
  }
  return lines
}

/** For every pair of ends, how many lines from there on are common. */
function lengths(rows: number, columns: number, isSame: (at: number, other: number) => boolean): number[][] {
  const table = Array.from({ length: rows + 1 }, () => new Array<number>(columns + 1).fill(0))
  const cell = (at: number, other: number) => table[at]?.[other] ?? 0
  for (let at = rows - 1; at >= 0; at--)
    for (let other = columns - 1; other >= 0; other--) {
      const row = table[at] ?? []
      row[other] = isSame(at, other)
        ? cell(at + 1, other + 1) + 1
        : Math.max(cell(at + 1, other), cell(at, other + 1))
    }
  return table
}
