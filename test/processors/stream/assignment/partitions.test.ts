import test from 'ava'
import { Partitions } from '../../../../processors/stream/assignment/partitions.ts'

const origin = { topic: 'fleet', partition: 0 }
const position = {
  next: 5,
  settled: [],
  owner: null,
  readFrom: null,
  numbers: null,
  committed: 5,
  birthMs: 0,
  end: 100
}

/** Assigned and open, with everything below `next` settled and `committed` at Kafka. */
function assigned(partitions: Partitions, next: number) {
  const partition = partitions.add(origin)
  partition.open({ ...position, next })
  return partition
}

test('a commit that Kafka has is not due any more', t => {
  const partitions = new Partitions('device')
  assigned(partitions, 7)
  const entries = partitions.due()
  t.like(entries, [{ ...origin, next: 7 }])
  partitions.committed(entries)
  t.deepEqual(partitions.due(), [])
})

test('what settles while a commit is under way is due afterwards', t => {
  const partitions = new Partitions('device')
  const { tracker } = assigned(partitions, 7)
  const entries = partitions.due()
  tracker?.skipTo(9)
  partitions.committed(entries)
  t.like(partitions.due(), [{ ...origin, next: 9 }])
})

test('a late answer to a commit of an assignment that is over confirms nothing of the one after it', t => {
  const partitions = new Partitions('device')
  assigned(partitions, 7)
  const late = partitions.due()
  partitions.remove(origin)
  const partition = assigned(partitions, 9)
  partitions.due()
  partitions.committed(late)
  t.is(partition.progress?.committed, 5)
  t.like(partitions.due(), [{ ...origin, next: 9 }])
})
