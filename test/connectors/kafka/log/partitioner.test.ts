import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import kafkajs from 'kafkajs'
import { partitionOf } from '../../../../connectors/kafka/log/partitioner.ts'

const theirs = kafkajs.Partitioners.DefaultPartitioner()

function partitionOfTheirs(key: Buffer, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1]
  }))
  return theirs({ topic: 'any', partitionMetadata, message: { key, value: null } })
}

testProp(
  'a key belongs to the partition that other Kafka clients choose',
  [fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 200 })],
  (t, bytes, partitions) => {
    const key = Buffer.from(bytes)
    t.is(partitionOf(key, partitions), partitionOfTheirs(key, partitions))
  },
  { numRuns: 5000 }
)

test('known keys belong to the partitions that the Java client gives them', t => {
  const known: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971]
  ]
  for (const [key, hash] of known) t.is(partitionOf(Buffer.from(key), 1009), (hash & 0x7fffffff) % 1009)
})
