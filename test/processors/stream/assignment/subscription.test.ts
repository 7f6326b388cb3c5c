// Which records a stream wants, told by their keys, and what is kept of a fetch.

import test from 'ava'
import { MemoryPartition } from '../../../../connectors/kafka/log/memory/topics.ts'
import { RecordChunk } from '../../../../connectors/kafka/log/record-chunk.ts'
import type { Fields } from '../../../../processors/expression/values.ts'
import { subscription } from '../../../../processors/stream/assignment/subscription.ts'
import { Rig } from '../rig.ts'

function chunkOf(topic: string, keys: readonly (string | null)[]): RecordChunk {
  const partition = new MemoryPartition()
  const records = keys.map((key, at) => ({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(`${at}`)
  }))
  partition.append(records, 1_000)
  const source = partition.read(0)
  if (source === undefined) throw new Error('nothing was appended')
  return new RecordChunk({ topic, partition: 0 }, source, partition.end)
}

function wantedOf(
  isWanted: (chunk: RecordChunk) => boolean,
  topic: string,
  keys: readonly (string | null)[]
) {
  const chunk = chunkOf(topic, keys)
  const wanted: (string | null)[] = []
  while (chunk.next()) if (isWanted(chunk)) wanted.push(keys[chunk.offset] ?? null)
  return wanted
}

const known: Readonly<Record<string, Fields>> = { a1: { axles: 2 }, a2: { axles: 4 }, ж: { axles: 4 } }
const attributes = {
  of: (ident: string, timestampMs: number) => (timestampMs === 1_000 ? (known[ident] ?? null) : null)
}

test('idents and patterns are compared with the bytes of the key, each channel by its own', t => {
  const devices = new Map([
    ['fleet', ['868*', 'ж', '*-z']],
    ['vans', null]
  ])
  const isWanted = subscription({ devices, where: null, attributes })
  const keys = ['868647', '86', 'ж', 'ж1', 'a-z', '868-z', null, '']
  t.deepEqual(wantedOf(isWanted, 'fleet', keys), ['868647', 'ж', 'a-z', '868-z'])
  t.deepEqual(
    wantedOf(isWanted, 'vans', keys),
    keys.map(key => key)
  )
})

test('where is asked of the attributes that count when Kafka got the message', t => {
  const isWanted = subscription({ devices: new Map([['fleet', null]]), where: 'axles > 2', attributes })
  t.deepEqual(wantedOf(isWanted, 'fleet', ['a1', 'a2', 'a3', 'ж', null]), ['a2', 'ж'])
})

test('of a fetch only what is wanted is kept, in bytes of its own, with offsets, keys and the end as they were', t => {
  const keys = ['a', 'b', 'b', 'b', 'a', 'b', 'b', 'b']
  const chunk = chunkOf('fleet', keys)
  const sifted = chunk.sifted(
    ({ bytes, keyStart, keyEnd }) => bytes.toString('utf8', keyStart, keyEnd) === 'a'
  )
  t.is(sifted.leftOut, 6)
  t.is(sifted.lastOffset, 7)
  t.true(sifted.bytes.length < chunk.bytes.length / 2)
  const found: [number, string | undefined, number][] = []
  while (sifted.next()) {
    const { key, offset, timestampMs } = sifted.record()
    found.push([offset, key?.toString(), timestampMs])
  }
  t.deepEqual(found, [
    [0, 'a', 1_000],
    [4, 'a', 1_000]
  ])
  t.is(
    chunk.sifted(() => true),
    chunk
  )
})

test('what is not wanted is settled and counted, over restarts and around messages that wait', async t => {
  const rig = new Rig(1)
  const isWanted = ({ bytes, keyStart, keyEnd }: RecordChunk) =>
    bytes.toString('utf8', keyStart, keyEnd) === 'a'
  const first = await rig.started({ isWanted })
  const sent = await rig.send('a', ...Array(50).fill('b'), 'a', ...Array(50).fill('c'))
  await rig.clock.advance(1_000)
  const wanted = sent.filter(message => message.startsWith('a:'))
  t.deepEqual(first.target.confirmed, wanted)
  t.like(first.meter.totals, { read: 102, filtered: 100, delivered: 2, imbalanced: undefined })
  t.is(await rig.uncommitted(), 0)
  first.target.script = () => new Promise(() => {})
  const [waiting = ''] = (await rig.send('a', ...Array(20).fill('b'))).slice(0, 1)
  await rig.clock.advance(1_000)
  t.is(await rig.uncommitted(), 21)
  const stopped = first.stream.stop(10)
  await rig.clock.advance(5_000)
  await stopped
  const second = await rig.started({ isWanted })
  await rig.clock.advance(1_000)
  t.deepEqual(second.target.confirmed, [waiting])
  t.is(await rig.uncommitted(), 0)
  await second.stream.stop(1_000)
})
