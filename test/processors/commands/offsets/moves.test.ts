import test from 'ava'
import { MemoryLog } from '../../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { addDestination } from '../../../../processors/commands/offsets/destination.ts'
import { carryOut, planMoves } from '../../../../processors/commands/offsets/moves.ts'
import { lagOf, lostOf, readStanding } from '../../../../processors/commands/offsets/positions.ts'
import { encodeMetadata } from '../../../../processors/stream/settlement/commit-metadata.ts'

/** Two partitions, a record a minute in each: 10 in the first, of which 4 are committed, and 5 in the second. */
async function setUp() {
  const clock = new VirtualClock()
  const startMs = clock.now()
  const log = new MemoryLog({ clock })
  log.create('fleet', 2)
  const producer = log.producer()
  for (let at = 0; at < 10; at++) {
    await producer.append('fleet', [{ key: null, value: Buffer.from('{}'), partition: 0 }])
    if (at < 5) await producer.append('fleet', [{ key: null, value: Buffer.from('{}'), partition: 1 }])
    await clock.advance(60_000)
  }
  const admin = log.admin()
  const birthMs = startMs + 2 * 60_000
  const metadata = encodeMetadata(0, { birthMs, settled: [] })
  await admin.moveOffsets('acme', [{ topic: 'fleet', partition: 0, next: 4, metadata }])
  const standing = () =>
    readStanding(admin, { group: 'acme', topics: ['fleet'], newBirthMs: startMs + 3_600_000 })
  const plan = async (to: string) =>
    (await planMoves(admin, (await standing()).positions, addDestination(to, undefined))).map(
      ({ partition, from, to, repeated, skipped }) => [partition, from, to, repeated, skipped]
    )
  return { log, admin, startMs, birthMs, standing, plan }
}

test('a partition without a commit stands where the birth of the stream is', async t => {
  const { standing, birthMs } = await setUp()
  const found = await standing()
  t.is(found.birthMs, birthMs)
  t.deepEqual(
    found.positions.map(({ committed, next }) => [committed, next]),
    [
      [4, 4],
      [null, 2]
    ]
  )
  t.deepEqual(found.positions.map(lagOf), [6, 3])
})

test('what would be repeated or skipped is told for every kind of destination', async t => {
  const { plan, startMs } = await setUp()
  t.deepEqual(await plan('latest'), [
    [0, 4, 10, 0, 6],
    [1, 2, 5, 0, 3]
  ])
  t.deepEqual(await plan('earliest'), [
    [0, 4, 0, 4, 0],
    [1, 2, 0, 2, 0]
  ])
  t.deepEqual(await plan(new Date(startMs + 3 * 60_000).toISOString()), [
    [0, 4, 3, 1, 0],
    [1, 2, 3, 0, 1]
  ])
  t.deepEqual(await plan('fleet/0=7'), [[0, 4, 7, 0, 3]])
})

test('what retention has deleted is neither repeated nor skipped, and told as lost', async t => {
  const { log, admin, plan, standing } = await setUp()
  log.deleteBefore('fleet', 0, 6)
  const moves = await planMoves(admin, (await standing()).positions, addDestination('earliest', undefined))
  t.deepEqual(
    moves.map(({ lost }) => lost),
    [2, 0]
  )
  t.deepEqual((await standing()).positions.map(lostOf), [2, 0])
  t.deepEqual((await plan('earliest'))[0], [0, 4, 6, 0, 0])
  t.deepEqual((await plan('latest'))[0], [0, 4, 10, 0, 4])
})

test('a place that is not there is refused', async t => {
  const { plan } = await setUp()
  await t.throwsAsync(plan('fleet/2=0'), { code: 'usage', message: /reads no partition fleet\/2/ })
  await t.throwsAsync(plan('fleet/0=11'), { code: 'usage', message: /holds 0 to 10, not 11/ })
})

test('a move keeps the birth, says that it is one, and leaves other partitions alone', async t => {
  const { admin, standing, birthMs } = await setUp()
  const moves = await planMoves(admin, (await standing()).positions, addDestination('fleet/1=1', undefined))
  await carryOut(admin, { group: 'acme', birthMs, moves })
  const metadata = encodeMetadata(0, { birthMs, settled: [] })
  const moved = encodeMetadata(0, { birthMs, settled: [], isMoved: true })
  t.deepEqual(await admin.committed('acme', ['fleet']), [
    { topic: 'fleet', partition: 0, next: 4, metadata },
    { topic: 'fleet', partition: 1, next: 1, metadata: moved }
  ])
})

test('destinations are read strictly, and only places may come together', t => {
  const places = addDestination('a/1=2', addDestination('my.topic/0=12', undefined))
  t.deepEqual(places, {
    kind: 'places',
    offsets: new Map([
      ['my.topic/0', 12],
      ['a/1', 2]
    ])
  })
  t.deepEqual(addDestination('2026-01-31T08:00:00Z', undefined), {
    kind: 'time',
    timeMs: Date.UTC(2026, 0, 31, 8)
  })
  t.throws(() => addDestination('latest', places))
  t.throws(() => addDestination('a/1=2', { kind: 'latest' }))
  for (const text of ['newest', 'fleet=3', 'fleet/x=3', 'fleet/1=-1', '2026-01-31'])
    t.throws(() => addDestination(text, undefined), { message: /^It is latest, earliest, a time/ })
})
