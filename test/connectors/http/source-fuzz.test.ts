// Mutated bodies against the running source: whatever comes, it answers 200 or a 4xx, and what it stores is JSON.

import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { Pool } from 'undici'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { type Harness, startSource } from './source-harness.ts'

const inputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_FUZZ_SEED ?? Date.now() % 1_000_000)

const buffers = (...texts: readonly string[]) => texts.map(text => Buffer.from(text))

/** Bodies to begin with, by the format of the source that they are for. */
const seeds = {
  messages: buffers(
    '{"ident":"a","timestamp":1.0}',
    '[{"ident":"a"},{"ident":"b","timestamp":"2023-04-12T06:49:49.5Z","x":[1,{"y":"\\""}]}]',
    '{"ident":"a","__proto__":{"ident":"b"}}\n{"ident":"\\u0061\\ud83d\\udea4","n":9007199254740993}\n',
    ' [ {"ident" : "лодка" } , {"ident":"b"} ] '
  ),
  traccar: buffers(
    '{"position":{"deviceTime":"2026-01-31T08:00:00.250+00:00","latitude":52.52,"speed":40.5,"attributes":{"sat":9,"n":9007199254740993}},"device":{"uniqueId":"a"}}',
    '[{"event":{"type":"alarm","eventTime":"2026-01-31T08:00:00Z"},"device":{"uniqueId":"b","attributes":{"__proto__":1}}}]'
  ),
  osmand: buffers(
    'id=a&lat=52.52&lon=13.4&timestamp=1769846400&speed=40.5&charge=true&x=%D0%BB',
    'deviceid=b&timestamp=2026-01-31T08%3A00%3A00Z&batt=81.5&driverUniqueId=7&a=1&a=2',
    '{"location":{"timestamp":"2026-01-31T08:00:00Z","coords":{"latitude":1e1,"speed":10.25,"heading":-1}},"device_id":"a"}'
  )
} as const
type Format = keyof typeof seeds
const formats = ['messages', 'messages', 'traccar', 'osmand'] as const

/** Bytes that mean something to a scanner of JSON. */
const pieces = [
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '"',
  '\\',
  '\\"',
  '\n',
  '\0',
  '\xff',
  'e9',
  '-',
  '"ident":',
  '"device":{"uniqueId":',
  '&id=',
  '%ff',
  'null',
  '\\ud800'
]
const headers = [
  {},
  { 'content-type': 'application/json' },
  { 'content-type': 'application/x-ndjson' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  { 'content-type': 'application/json', 'content-encoding': 'deflate' }
]

/** Inputs that can be repeated from their seed. */
class Mutator {
  readonly #clock: VirtualClock

  constructor(seed: number) {
    this.#clock = new VirtualClock({ seed })
  }

  pick<T>(list: readonly T[], fallback: T): T {
    return list[Math.floor(this.#clock.random() * list.length)] ?? fallback
  }

  #at(bytes: Buffer): number {
    return Math.floor(this.#clock.random() * (bytes.length + 1))
  }

  /** One change: a piece put in or over, a range cut out or repeated, a byte changed. */
  #change(bytes: Buffer): Buffer {
    const [from, to] = [this.#at(bytes), this.#at(bytes)].sort((a, b) => a - b) as [number, number] // of two
    const piece = Buffer.from(this.pick(pieces, '['), 'latin1')
    const [before, middle, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)]
    switch (Math.floor(this.#clock.random() * 5)) {
      case 0:
        return Buffer.concat([before, piece, middle, after])
      case 1:
        return Buffer.concat([before, piece, bytes.subarray(from + piece.length)])
      case 2:
        return Buffer.concat([before, after])
      case 3:
        return Buffer.concat([before, middle, middle, after])
      default:
        return Buffer.concat([before, ...Array<Buffer>(200).fill(piece), middle, after])
    }
  }

  body(format: Format, zipped: boolean): Buffer {
    let bytes: Buffer = this.pick(seeds[format], Buffer.alloc(0))
    const zipLate = zipped && this.#clock.random() < 0.5
    if (zipped && !zipLate) bytes = gzipSync(bytes)
    const changes = Math.floor(this.#clock.random() * 4)
    for (let i = 0; i < changes; i++) bytes = this.#change(bytes)
    return zipLate ? gzipSync(bytes) : bytes
  }
}

async function open(t: ExecutionContext, format: Format) {
  const harness = await startSource(t, { config: { format } })
  const pool = new Pool(`http://127.0.0.1:${harness.source.port}`, { connections: 16 })
  t.teardown(() => pool.close())
  return { harness, pool }
}

test(`${inputs} mutated bodies are answered with 200 or a 4xx (seed ${seed})`, async t => {
  t.timeout(120_000 + inputs * 4)
  const targets = {
    messages: await open(t, 'messages'),
    traccar: await open(t, 'traccar'),
    osmand: await open(t, 'osmand')
  }
  const mutator = new Mutator(seed)
  const statuses = new Map<number, number>()
  const post = async () => {
    const format = mutator.pick(formats, 'messages')
    const chosen = mutator.pick(headers, {})
    const body = mutator.body(format, 'content-encoding' in chosen)
    const response = await targets[format].pool.request({
      path: '/channels/fleet/messages',
      method: 'POST',
      headers: chosen,
      body
    })
    const answer = (await response.body.json()) as { accepted?: number; error?: { code: string } } // checked next
    const { statusCode: status } = response
    const good = status === 200 ? answer.accepted !== undefined : status < 500 && answer.error !== undefined
    if (!good) t.fail(`${status} ${JSON.stringify(answer)} to ${body.toString('latin1')}`)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  let left = inputs
  const worker = async () => {
    while (left-- > 0) await post()
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  t.log(Object.fromEntries(statuses))
  t.true((statuses.get(200) ?? 0) > inputs / 20 && (statuses.get(400) ?? 0) > inputs / 20)
  for (const { harness } of Object.values(targets)) check(t, harness)
})

/** What it stored is messages, and there is no defect that a body has found. */
function check(t: ExecutionContext, { stored, events }: Harness): void {
  t.true(stored.length > inputs / 500)
  for (const { key, value } of stored) {
    const { ident, timestamp } = JSON.parse(value.toString())
    if (ident !== key.toString() || !(timestamp >= 0)) t.fail(`stored ${value}`)
  }
  t.false(events.includes('request_failed'))
}
