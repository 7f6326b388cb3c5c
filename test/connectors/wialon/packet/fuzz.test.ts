// Bytes drawn at random, and packets of real vehicles with bytes changed, taken out, put in and doubled, through both
// readers and the mapping. TAILRACE_FUZZ_SEED replays them, TAILRACE_FUZZ_INPUTS says how many are drawn.

import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { jsonOf, messageOf } from '../../../../connectors/shared/wialon/to-message.ts'
import { FrameReader } from '../../../../connectors/wialon/packet/frames.ts'
import { nameLimits, reportFrom } from '../../../../connectors/wialon/packet/mapping.ts'
import { PacketReader } from '../../../../connectors/wialon/packet/packet-reader.ts'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { incomingOf } from '../../../../connectors/wialon/source/incoming.ts'
import { type Random, seeded } from '../../../seeded.ts'
import { rulesWith } from '../../shared/wialon/rules.ts'
import { packed } from './packets.ts'

const inputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_FUZZ_SEED ?? Date.now() % 1_000_000)
const maxPacketBytes = 4096
const rules = rulesWith({}, nameLimits)

const sample = new URL('../../../../../test/data/fleet-sample.jsonl', import.meta.url)
const packets = readFileSync(sample, 'utf8')
  .split('\n', 100)
  .map(line => encodePacket(packed(line)))
/** What stands in packets at places where it matters. */
const telling = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0b, 0xbb, 0x7f, 0x80, 0xff]

const below = (random: Random, end: number) => Math.floor(random() * end)

function byteOf(random: Random): number {
  return random() < 0.5 ? below(random, 256) : (telling[below(random, telling.length)] ?? 0)
}

function inputOf(random: Random): Buffer {
  if (random() < 0.1) return Buffer.from(Array.from({ length: below(random, 300) }, () => byteOf(random)))
  const many = Array.from(
    { length: 1 + below(random, 3) },
    () => packets[below(random, packets.length)] ?? Buffer.alloc(0)
  )
  let bytes = Buffer.concat(many)
  for (let changes = below(random, 6); changes > 0 && bytes.length > 0; changes--)
    bytes = changed(bytes, random)
  return bytes
}

function changed(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = below(random, bytes.length)
  const until = Math.min(bytes.length, at + below(random, 12))
  const [before, within, after] = [bytes.subarray(0, at), bytes.subarray(at, until), bytes.subarray(until)]
  const way = below(random, 4)
  if (way === 0) return Buffer.concat([before, after])
  if (way === 1) return Buffer.concat([before, within, within, after])
  if (way === 2) return Buffer.concat([before, Buffer.of(byteOf(random)), within, after])
  const copy = Buffer.from(bytes)
  copy[at] = byteOf(random)
  return copy
}

/** What the strict reader makes of them; null when it refuses, which it may with any words. */
function strictly(bytes: Buffer): string[] | null {
  try {
    const read = new PacketReader().push(bytes).filter(({ timeSeconds }) => timeSeconds >= 0)
    return read.map(packet => jsonOf(messageOf(reportFrom(packet), rules)))
  } catch (error) {
    if (error instanceof Error) return null
    throw error
  }
}

type Counts = Record<'taken' | 'invalid' | 'none' | 'stopped', number>

function feed(
  t: ExecutionContext,
  bytes: Buffer,
  { random, counts }: { random: Random; counts: Counts }
): string[] {
  const reader = new FrameReader(maxPacketBytes)
  const taken: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + below(random, 200)
    const { frames, problem } = reader.push(bytes.subarray(at, end))
    at = end
    for (const frame of frames) {
      const read = incomingOf(frame, rules)
      counts[read.kind]++
      if (read.kind !== 'taken') continue
      taken.push(read.message.value.toString())
      const { key, value } = read.message
      const message = JSON.parse(value.toString())
      const isSound = message.ident === key.toString() && message.timestamp >= 0 && key.length > 0
      if (!isSound) t.fail(`not a message: ${value}`)
    }
    if (reader.insideBytes > maxPacketBytes) t.fail(`${reader.insideBytes} bytes are held`)
    if (problem === null) continue
    counts.stopped++
    break
  }
  return taken
}

test(`${inputs} inputs neither break the readers nor become what is no message (seed ${seed})`, t => {
  t.timeout(120_000 + inputs * 4)
  const random = seeded(seed)
  const counts: Counts = { taken: 0, invalid: 0, none: 0, stopped: 0 }
  for (let count = 0; count < inputs; count++) {
    const bytes = inputOf(random)
    const strict = strictly(bytes)
    const lenient = feed(t, bytes, { random, counts })
    if (strict !== null && strict.join('\n') !== lenient.join('\n'))
      t.fail(`the strict reader sees something else in ${bytes.toString('hex')}`)
  }
  t.log(JSON.stringify(counts))
  for (const [kind, count] of Object.entries(counts)) t.true(count > inputs / 100, `${kind}: ${count} only`)
})
