import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { encodeRecords } from '../../../../connectors/kafka/log/encode-records.ts'
import { RecordChunk } from '../../../../connectors/kafka/log/record-chunk.ts'
import { Partition } from '../../../../processors/stream/assignment/partition.ts'
import { type Lane, Pending } from '../../../../processors/stream/dispatch/lane.ts'
import { Lanes, type Order } from '../../../../processors/stream/dispatch/lanes.ts'

const origin = { topic: 'fleet', partition: 0 }

/** Records with these keys, in bytes of their own. */
function chunkOf(keys: readonly (Buffer | null)[], baseOffset = 0): RecordChunk {
  const bytes = encodeRecords(keys.map(key => ({ key, value: Buffer.from('v') })))
  const lastOffset = baseOffset + keys.length - 1
  const times = { baseTimestampMs: 0, appendTimestampMs: 0 }
  const source = { bytes, start: 0, end: bytes.length, count: keys.length, baseOffset, lastOffset, ...times }
  return new RecordChunk(origin, source, lastOffset + 1)
}

function lanesOf(order: Order): Lanes {
  return new Lanes(new Partition(origin, order), order)
}

function take(lanes: Lanes, keys: readonly (string | null)[]): Lane[] {
  const chunk = chunkOf(keys.map(key => (key === null ? null : Buffer.from(key))))
  const taken: Lane[] = []
  while (chunk.next()) taken.push(lanes.of(chunk))
  return taken
}

test('order: device: messages with the same key share a lane, an empty key is a key, and none is not', t => {
  const lanes = lanesOf('device')
  const [a, b, empty, none, again, emptyToo, noneToo] = take(lanes, ['a', 'b', '', null, 'a', '', null])
  t.is(a, again)
  t.is(empty, emptyToo)
  t.is(new Set([a, b, empty, none, noneToo]).size, 5)
  t.is([...lanes].length, 5)
})

test('order: partition: there is one lane; order: none: every message has one', t => {
  t.is(new Set(take(lanesOf('partition'), ['a', 'b', null, 'a'])).size, 1)
  t.is(new Set(take(lanesOf('none'), ['a', 'b', null, 'a'])).size, 4)
})

test('a lane is known by its key after what it came in is gone', t => {
  const lanes = lanesOf('device')
  const chunk = chunkOf([Buffer.from('device-1')])
  chunk.next()
  const lane = lanes.of(chunk)
  lane.push(new Pending(lane, chunk))
  lane.become('waiting')
  lane.detach()
  chunk.bytes.fill(0)
  t.is(take(lanes, ['device-1'])[0], lane)
})

testProp(
  'lanes come and go as entries of a map by key would',
  [
    fc.array(fc.record({ key: fc.uint8Array({ maxLength: 2 }), isRemoved: fc.boolean() }), {
      maxLength: 1_000,
      size: 'max'
    })
  ],
  (t, steps) => {
    const lanes = lanesOf('device')
    const known = new Map<string, Lane>()
    for (const { key, isRemoved } of steps) {
      const text = Buffer.from(key).toString('latin1')
      const before = known.get(text)
      if (isRemoved && before !== undefined) {
        lanes.remove(before)
        known.delete(text)
        continue
      }
      const chunk = chunkOf([Buffer.from(key)])
      chunk.next()
      const lane = lanes.of(chunk)
      if (before !== undefined && before !== lane) return t.fail('another lane for the same key')
      known.set(text, lane)
    }
    const held = new Set(lanes)
    t.is(held.size, known.size)
    t.true([...known.values()].every(lane => held.has(lane)))
  }
)
