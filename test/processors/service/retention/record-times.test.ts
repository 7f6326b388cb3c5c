// When Kafka got what is owed: what is asked for, how often, and what is made of the answers.

import test from 'ava'
import type { LogRecord, ReadRange } from '../../../../connectors/kafka/log/log.ts'
import { type OwedRecord, RecordTimes } from '../../../../processors/service/retention/record-times.ts'

const owed = (partition: number, offset: number, timeMs: number | null = null): OwedRecord => ({
  ...{ stream: 'acme', topic: 'fleet', partition, offset, timeMs, isHeld: false }
})

/** An admin client to which the time of a record is its offset in seconds. */
function admin() {
  const asked: string[] = []
  const broken = new Set<number>()
  return {
    asked,
    broken,
    async *read({ partition, from }: ReadRange): AsyncGenerator<LogRecord> {
      asked.push(`${partition}@${from}`)
      if (broken.has(partition)) throw new Error('ordered by a test')
      yield { offset: from, timestampMs: from * 1_000, key: null, value: null, headers: [] }
    }
  }
}

test('what is in memory is not asked for, and what was asked for once is not asked for again', async t => {
  const [times, kafka] = [new RecordTimes(), admin()]
  const all = [owed(0, 5), owed(1, 6, 6_500)]
  await times.ask(all, kafka, 1)
  await times.ask(all, kafka, 2)
  t.deepEqual(kafka.asked, ['0@5'])
  t.deepEqual(
    all.map(one => times.of(one)),
    [5_000, 6_500]
  )
})

test('a record behind one that is known is not older, and is asked for itself the next time', async t => {
  const [times, kafka] = [new RecordTimes(), admin()]
  await times.ask([owed(0, 5)], kafka, 1)
  t.deepEqual([times.of(owed(0, 9)), times.ofItself(owed(0, 9))], [5_000, null])
  t.is(times.of(owed(0, 4)), null)
  await times.ask([owed(0, 9)], kafka, 2)
  t.deepEqual([times.of(owed(0, 9)), times.ofItself(owed(0, 9))], [9_000, 9_000])
})

test('some are asked for at a time, those first that have waited longest, and what fails keeps no other from its turn', async t => {
  const [times, kafka] = [new RecordTimes(), admin()]
  const all = Array.from({ length: 50 }, (_, partition) => owed(partition, 5))
  kafka.broken.add(3)
  await t.throwsAsync(times.ask(all, kafka, 1))
  t.is(kafka.asked.length, 4)
  for (let round = 2; round < 5; round++) await times.ask(all, kafka, round).catch(() => {})
  t.is(all.filter(one => times.of(one) === 5_000).length, 49)
  kafka.asked.length = 0
  kafka.broken.clear()
  await times.ask(all, kafka, 9)
  t.deepEqual(kafka.asked, ['3@5'])
})

test('what nobody owes any more is forgotten, and streams are told apart', async t => {
  const [times, kafka] = [new RecordTimes(), admin()]
  const other = { ...owed(0, 7), stream: 'bolt' }
  await times.ask([owed(0, 5), other], kafka, 1)
  t.deepEqual([times.of(owed(0, 5)), times.of(other)], [5_000, 7_000])
  await times.ask([other], kafka, 2)
  t.deepEqual([times.of(owed(0, 5)), times.of(other)], [null, 7_000])
})
