// Lines out of chunks: however they are cut, compressed or not, and what is given up.

import { deflateSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { LineReader } from '../../../../connectors/wialon-ips/codec/line-reader.ts'
import { seeded } from '../../../seeded.ts'
import { compressedLine, cutAtRandom, mutated } from './generate.ts'

const fuzzInputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_FUZZ_SEED ?? Date.now() % 1_000_000)
const maxLineBytes = 2_000

function linesOf(chunks: readonly Buffer[], reader = new LineReader(maxLineBytes)): string[] {
  const lines: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let line = reader.next(); line !== null; line = reader.next()) {
      if (typeof line === 'string') return [...lines, line]
      line.drop()
      const text = line.bytes().toString()
      if (line.length !== line.bytes().length) throw new Error(`${text} is not ${line.length} bytes long`)
      lines.push(text)
    }
  }
  return lines
}

test('the compressed login of the document', t => {
  const hex = 'FF1B00780153F65136D233B0CECC4DCDB4F673B476B4343602002FF404E6'
  t.deepEqual(linesOf([Buffer.from(hex, 'hex')]), ['#L#2.0;imei;NA;A932'])
})

test('lines with either end, and empty ones', t => {
  t.deepEqual(linesOf([Buffer.from('#P#\r\n#P#\n\r\n\n#x')]), ['#P#', '#P#', '', ''])
})

const line = (bytes: number) => Buffer.from(`${'x'.repeat(bytes)}\n`)
const bomb = deflateSync(Buffer.alloc(3_000_000))
const broken: readonly [title: string, chunk: Buffer, lines: readonly string[]][] = [
  ['a line that is too long', line(maxLineBytes + 1), ['too long']],
  ['a line without end', Buffer.alloc(maxLineBytes + 1, 'x'), ['too long']],
  ['no zlib stream', Buffer.from('ff0300616263', 'hex'), ['not inflated']],
  ['nothing at all', Buffer.from('ff0000', 'hex'), ['not inflated']],
  ['a stream that grows too much', compressedLine(bomb), ['not inflated']],
  ['two lines in one stream', compressedLine(deflateSync('#P#\r\n#P#')), ['not inflated']],
  [
    'something behind the stream',
    compressedLine(Buffer.concat([deflateSync('#P#'), line(1)])),
    ['not inflated']
  ],
  ['a stream that breaks off', compressedLine(deflateSync('#P#').subarray(0, 6)), ['not inflated']]
]

for (const [title, chunk, lines] of broken) {
  test(`given up: ${title}`, t => {
    t.deepEqual(linesOf([chunk]), lines)
  })
}

test('a line as long as is allowed is read, compressed with its end or without', t => {
  const longest = 'x'.repeat(maxLineBytes)
  t.deepEqual(linesOf([line(maxLineBytes)]), [longest])
  t.deepEqual(linesOf([compressedLine(deflateSync('#P#\r\n')), compressedLine(deflateSync(longest))]), [
    '#P#',
    longest
  ])
})

test('a line that comes byte by byte takes little more memory than it is long', t => {
  const reader = new LineReader(1_000_000)
  const bytes = line(999_999)
  for (let at = 0; at < bytes.length - 1; at++) {
    reader.push(bytes.subarray(at, at + 1))
    if (at % 1_000 === 0) t.is(reader.next(), null)
  }
  t.true(reader.heldBytes <= 4 * bytes.length, `${reader.heldBytes}`)
  reader.push(bytes.subarray(-1))
  t.like(reader.next(), { length: 999_999 })
  t.is(reader.next(), null)
  t.true(reader.heldBytes <= 4_096, 'once it is read its memory is free')
})

const lineOf = fc.tuple(
  fc.string({ maxLength: 300 }).map(text => `#D#${text.replace(/[\r\n]/g, '')}`),
  fc.constantFrom('\r\n', '\n', 'zlib')
)

testProp(
  'the lines are the same however they are cut into chunks',
  [fc.array(lineOf, { maxLength: 20 }), fc.nat()],
  (t, lines, cutSeed) => {
    const bytes = lines.map(([text, end]) =>
      end === 'zlib' ? compressedLine(deflateSync(text)) : Buffer.from(text + end)
    )
    const chunks = cutAtRandom(Buffer.concat(bytes), seeded(cutSeed))
    t.deepEqual(
      linesOf(chunks),
      lines.map(([text]) => text)
    )
  },
  { numRuns: 2_000 }
)

test('whatever comes, lines are within their limit, and cutting it otherwise changes nothing', t => {
  const random = seeded(seed)
  let lines = 0
  for (let run = 0; run < fuzzInputs; run++) {
    const bytes = mutated(random)
    const once = linesOf([bytes])
    const cut = linesOf(cutAtRandom(bytes, random))
    if (JSON.stringify(once) !== JSON.stringify(cut)) return t.fail(`seed ${seed}, run ${run}`)
    if (once.some(text => text.length > maxLineBytes)) return t.fail(`seed ${seed}, run ${run}: too long`)
    lines += once.length
  }
  t.true(lines > fuzzInputs, `${lines} lines`)
})
