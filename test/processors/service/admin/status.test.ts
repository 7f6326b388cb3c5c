// A stream as /status shows it.

import test from 'ava'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { channelStatuses, memoryStatus, streamReport } from '../../../../processors/service/admin/status.ts'
import { neverRun, statusOf } from '../../../../processors/stream/health/status.ts'
import { Accounts } from '../../../../processors/stream/settlement/accounts.ts'
import { RecordingMeter } from '../../stream/context.ts'

const trouble = {
  code: 'http_address_refused',
  detail: 'Cannot POST /hunter2',
  untilMs: null,
  attempt: 1
} as const
const loss = { leftMs: null, unknown: null, unknownCode: null, oldestMs: null, oldestUnheldMs: null }
const state = { kind: 'halted', sinceMs: 0, trouble } as const
const status = {
  group: 'tailrace.acme',
  generation: 1,
  ...statusOf({
    name: 'acme',
    state,
    accounts: new Accounts(new RecordingMeter()),
    ...neverRun
  })
}

test('the oldest message is told by its time and its age', t => {
  const about = { mask: new Mask([]), loss, nowMs: 60_500 }
  t.like(streamReport(status, about), { oldest: null, oldestAgeSeconds: null })
  const report = streamReport({ ...status, oldestMs: 1_000 }, about)
  t.like(report, { oldest: '1970-01-01T00:00:01.000Z', oldestAgeSeconds: 59.5 })
  t.false('oldestMs' in report)
})

test('a record that nobody has read yet makes a stream as old as it is, once Kafka has told its time', t => {
  const about = { mask: new Mask([]), nowMs: 60_000, loss: { ...loss, oldestMs: 10_000 } }
  t.is(streamReport(status, about).oldestAgeSeconds, 50)
  t.is(streamReport({ ...status, oldestMs: 5_000 }, about).oldestAgeSeconds, 55)
  t.is(streamReport({ ...status, oldestMs: 20_000 }, about).oldestAgeSeconds, 50)
})

test('an objective is missed once the oldest message has reached its age, and nothing is missed where nothing waits', t => {
  const objective = { maxAgeSeconds: 60 }
  const at = (nowMs: number, oldestUnheldMs: number | null = 1_000) =>
    streamReport({ ...status, oldestUnheldMs }, { mask: new Mask([]), loss, nowMs, objective }).objective
  t.deepEqual(at(60_999), { maxAgeSeconds: 60, missed: false })
  t.deepEqual(at(61_000), { maxAgeSeconds: 60, missed: true })
  t.deepEqual(at(61_000, null), { maxAgeSeconds: 60, missed: false })
  t.false('objective' in streamReport(status, { mask: new Mask([]), loss, nowMs: 0 }))
})

test('a device that is held does not miss the objective of a stream that flows', t => {
  const objective = { maxAgeSeconds: 60 }
  const held = { ...status, oldestMs: 1_000, oldestUnheldMs: 599_000 }
  const about = { mask: new Mask([]), nowMs: 600_000, objective, loss: { ...loss, oldestMs: 1_000 } }
  const flows = streamReport(held, about)
  t.like(flows, { oldestAgeSeconds: 599, oldestUnheldAgeSeconds: 1, objective: { missed: false } })
  const late = streamReport(held, { ...about, loss: { ...loss, oldestUnheldMs: 2_000 } })
  t.like(late, { oldestUnheldAgeSeconds: 598, objective: { missed: true } })
})

test('the memory is told as it is allowed, and as streams and sources have it', t => {
  const streams = [{ pendingBytes: 300 }, { pendingBytes: 20 }]
  t.deepEqual(memoryStatus({ maxBytes: 1_000, neededBytes: 900 }, streams, 7), {
    maxBytes: 1_000,
    neededBytes: 900,
    usedBytes: { streams: 320, sources: 7 }
  })
})

test('what a target said is shown without secrets', t => {
  const report = streamReport(status, { mask: new Mask(['hunter2']), loss, nowMs: 0 })
  t.is(report.trouble?.detail, 'Cannot POST /***')
})

const channel = (topic: string) => ({
  topic,
  partitions: 1,
  retentionHours: 1,
  sources: [{ mqtt: {} }],
  deadLetters: { topic: `${topic}.dead-letters`, partitions: 1, retentionHours: 1 }
})

test('a channel for which Kafka takes nothing says why, and what senders have to do', t => {
  const trouble = { code: 'kafka_unavailable', detail: 'of hunter2', untilMs: null, attempt: 3 } as const
  const gate = { trouble: (topic: string) => (topic === 'of-fleet' ? trouble : null), waitsMs: () => 7_000 }
  const channels = { fleet: channel('of-fleet'), boats: channel('boats') }
  const mask = new Mask(['hunter2'])
  const [fleet, boats] = channelStatuses({ channels }, { connections: [], gate, mask })
  t.like(fleet?.trouble, { code: 'kafka_unavailable', detail: 'of ***', attempt: 3 })
  t.is(fleet?.appendWaitsSeconds, 7)
  t.regex(fleet?.trouble?.hint ?? '', /repeat/)
  t.is(boats?.trouble, undefined)
})

test('a channel whose source is not connected says why, without secrets', t => {
  const channels = { fleet: channel('fleet'), boats: channel('boats') }
  const refused = {
    ...({ kind: 'mqtt', channel: 'fleet', url: 'mqtt://a.example', state: 'halted', sinceMs: 0 } as const),
    trouble: { code: 'mqtt_unauthorized', detail: 'not hunter2', untilMs: 0, attempt: 2 }
  } as const
  const connected = { kind: 'mqtt', channel: 'fleet', url: 'mqtt://b.example', sinceMs: 0 } as const
  const connections = [{ ...connected, state: 'connected' } as const, refused]
  const [fleet, boats] = channelStatuses(
    { channels },
    { connections, gate: { trouble: () => null, waitsMs: () => 0 }, mask: new Mask(['hunter2']) }
  )
  const trouble = { code: 'mqtt_unauthorized', attempt: 2, detail: 'not ***' }
  const source = 'mqtt'
  t.like(fleet, {
    name: 'fleet',
    sources: ['mqtt'],
    trouble: { source, url: 'mqtt://a.example', ...trouble }
  })
  const since = '1970-01-01T00:00:00.000Z'
  t.deepEqual(fleet?.connections?.[0], { source, url: 'mqtt://b.example', state: 'connected', since })
  t.like(fleet?.connections?.[1], { source, url: 'mqtt://a.example', state: 'halted', since, trouble })
  t.is(boats?.trouble, undefined)
  t.is(boats?.connections, undefined)
})
