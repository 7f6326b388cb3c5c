// When Kafka may delete a record, by the settings of its topic and by how the start of its log moves.

import test from 'ava'
import { TopicRetention } from '../../../../processors/service/retention/topic-retention.ts'

const hour = 3_600_000
const minute = 60_000

function topic(settings: Readonly<Record<string, string>>): TopicRetention {
  const retention = new TopicRetention()
  retention.noteSettings({ settings })
  return retention
}

const record = (offset: number, timeMs: number | null = 0) => ({ partition: 0, offset, timeMs })
const from = (start: number) => [{ partition: 0, start, end: 1_000_000 }]

test('a record is kept for retention.ms from when Kafka got it, and may be gone after that', t => {
  const retention = topic({ 'cleanup.policy': 'delete', 'retention.ms': String(2 * hour) })
  t.is(retention.msLeft(record(7), hour), hour)
  t.is(retention.msLeft(record(7), 3 * hour), 0)
  t.is(retention.msLeft(record(7, null), hour), null)
})

test('without a limit, and where a topic is only compacted, it is kept for ever', t => {
  const unlimited = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
  t.is(topic(unlimited).msLeft(record(7, null), hour), Number.POSITIVE_INFINITY)
  const compacted = topic({ 'cleanup.policy': 'compact', 'retention.ms': '1', 'retention.bytes': '1' })
  compacted.noteRanges(from(0), 0)
  compacted.noteRanges(from(5), minute)
  t.is(compacted.msLeft(record(7), hour), Number.POSITIVE_INFINITY)
  const both = topic({ 'cleanup.policy': 'compact,delete', 'retention.ms': String(2 * hour) })
  t.is(both.msLeft(record(7), hour), hour)
})

test('where the size is limited, the start of the log gets there at the speed that it had', t => {
  const settings = { 'cleanup.policy': 'delete', 'retention.ms': String(9 * hour), 'retention.bytes': '1000' }
  const retention = topic(settings)
  retention.noteRanges(from(1_000), 0)
  t.is(retention.msLeft(record(4_000), minute), 9 * hour - minute)
  retention.noteRanges(from(1_000), minute)
  retention.noteRanges(from(2_000), 2 * minute)
  // 1,000 offsets in 2 minutes, and 2,000 are left.
  t.is(retention.msLeft(record(4_000), 2 * minute), 4 * minute)
  t.is(retention.msLeft(record(4_000, null), 3 * minute), null)
  t.is(retention.msLeft(record(4_000), 3 * minute), 3 * minute)
  t.is(retention.msLeft(record(4_000, -9 * hour), 3 * minute), 0)
  retention.noteSettings({ settings: { ...settings, 'retention.bytes': '-1' } })
  t.is(retention.msLeft(record(4_000), 3 * minute), 9 * hour - 3 * minute)
})

test('a start that stood still for a quarter of an hour is not expected to move', t => {
  const retention = topic({ 'retention.bytes': '1000' })
  retention.noteRanges(from(0), 0)
  for (let at = 1; at <= 16; at++) retention.noteRanges(from(500), at * minute)
  t.is(retention.msLeft(record(600), 16 * minute), Number.POSITIVE_INFINITY)
})

test('what lies before the start of the log is gone, whatever else is known of it', t => {
  const retention = topic({ 'retention.ms': '-1' })
  retention.noteRanges(from(8), 0)
  t.is(retention.msLeft(record(7, null), 0), 0)
  retention.noteRanges(from(2), minute) // it was made anew
  t.is(retention.msLeft(record(7, null), minute), Number.POSITIVE_INFINITY)
})
