// What a filter would gain if it read the two fields that it needs from the bytes of a message, and did not parse it: the
// scanner below is faster than a sound one could be, since it gives up on escapes, on anything but ASCII and on nested
// values, and does not notice what is no JSON.

import { readSample } from '../../../processors/commands/simulate/fleet.ts'
import type { Bench, Row } from '../bench.ts'
import { round2 } from '../measure.ts'

const rounds = 15
/** How often all messages are read in a round. */
const repeats = 20

const names = ['position.speed', 'position.latitude'].map(name => Buffer.from(name))
const [quote, backslash, colon, comma, closing, brace, bracket] = [0x22, 0x5c, 0x3a, 0x2c, 0x7d, 0x7b, 0x5b]

interface Span {
  readonly start: number
  readonly end: number
}

export const scanBench: Bench = {
  summary: 'two fields of a message in bytes: JSON.parse, and a scan for just these',
  async run({ progress }) {
    const lines = readSample()
    const bytes = Buffer.from(lines.join('\n'))
    const spans: Span[] = []
    for (const line of lines) {
      const start = spans.length === 0 ? 0 : (spans.at(-1)?.end ?? 0) + 1
      spans.push({ start, end: start + Buffer.byteLength(line) })
    }
    const times: Record<string, number[]> = { parse: [], scan: [] }
    const hits = new Set<number>()
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`)
      for (const [name, count] of [['parse', parsed] as const, ['scan', scanned] as const]) {
        const before = process.cpuUsage()
        for (let repeat = 0; repeat < repeats; repeat++) hits.add(count(bytes, spans))
        const { user, system } = process.cpuUsage(before)
        times[name]?.push(((user + system) * 1_000) / repeats / lines.length)
      }
    }
    if (hits.size !== 1) throw new Error(`numbers of hits differ: ${[...hits].join()}`)
    return rowsOf(times)
  }
}

function rowsOf(times: Readonly<Record<string, readonly number[]>>): Row[] {
  const median = (name: string) => times[name]?.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN
  return [
    { way: 'JSON.parse', nsPerMessage: Math.round(median('parse')), timesFaster: 1 },
    {
      way: 'scan',
      nsPerMessage: Math.round(median('scan')),
      timesFaster: round2(median('parse') / median('scan'))
    }
  ]
}

function parsed(bytes: Buffer, spans: readonly Span[]): number {
  let hits = 0
  for (const { start, end } of spans) {
    const fields = JSON.parse(bytes.toString('utf8', start, end))
    if (fields['position.speed'] > 60 && fields['position.latitude'] !== undefined) hits++
  }
  return hits
}

function scanned(bytes: Buffer, spans: readonly Span[]): number {
  let hits = 0
  const found = new Int32Array(2 * names.length)
  for (const { start } of spans) {
    found.fill(-1)
    scan(bytes, start, found)
    const [from = -1, to = -1, latitude = -1] = found
    if (from >= 0 && latitude >= 0 && Number(bytes.toString('latin1', from, to)) > 60) hits++
  }
  return hits
}

/** Notes where the values of the names begin and end. */
function scan(bytes: Buffer, start: number, found: Int32Array): void {
  for (let at = start + 1; bytes[at] === quote; at++) {
    const nameStart = at + 1
    const nameEnd = endOfText(bytes, at)
    if (nameEnd < 0 || bytes[nameEnd + 1] !== colon) return
    const valueStart = nameEnd + 2
    at = endOfValue(bytes, valueStart)
    if (at < 0) return
    for (let index = 0; index < names.length; index++) {
      const name = names[index]
      if (
        name?.length !== nameEnd - nameStart ||
        bytes.compare(name, 0, name.length, nameStart, nameEnd) !== 0
      )
        continue
      found[2 * index] = valueStart
      found[2 * index + 1] = at
    }
    if (bytes[at] === closing) return
  }
}

/** Where the quote at the end of the text is that begins there; -1 for one that is not simple. */
function endOfText(bytes: Buffer, start: number): number {
  let at = start + 1
  for (let byte = bytes[at] ?? quote; byte !== quote; byte = bytes[++at] ?? quote)
    if (byte === backslash || byte >= 0x80) return -1
  return at
}

function endOfValue(bytes: Buffer, start: number): number {
  let at = start
  if (bytes[at] === brace || bytes[at] === bracket) return -1
  if (bytes[at] === quote) return endOfText(bytes, at) + 1
  while (bytes[at] !== comma && bytes[at] !== closing) at++
  return at
}
