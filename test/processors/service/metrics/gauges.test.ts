// What /metrics shows of streams that are in trouble, or that have what others have not.

import test from 'ava'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { streamReport } from '../../../../processors/service/admin/status.ts'
import { setStreamGauges } from '../../../../processors/service/metrics/gauges.ts'
import { setMemoryGauges } from '../../../../processors/service/metrics/memory-gauges.ts'
import { Metrics } from '../../../../processors/service/metrics/metrics.ts'
import { setPartitionGauges } from '../../../../processors/service/metrics/partition-gauges.ts'
import type { StreamState } from '../../../../processors/stream/health/state.ts'
import { neverRun, statusOf } from '../../../../processors/stream/health/status.ts'
import { Accounts } from '../../../../processors/stream/settlement/accounts.ts'
import { RecordingMeter } from '../../stream/context.ts'

const trouble = { code: 'http_unauthorized', detail: 'no', untilMs: null, attempt: 1 } as const
const halted: StreamState = { kind: 'halted', sinceMs: 0, trouble }
const loss = { leftMs: null, unknown: null, unknownCode: null, oldestMs: null, oldestUnheldMs: null }
const running: StreamState = { kind: 'running', sinceMs: 0 }

function report(state: StreamState, more: object = {}, about: object = {}) {
  const accounts = new Accounts(new RecordingMeter())
  const status = statusOf({ ...neverRun, name: 'acme', state, accounts, ...more })
  return streamReport(
    { group: 'g', generation: 1, ...status },
    { mask: new Mask([]), loss, nowMs: 0, ...about }
  )
}

/** The samples of a metric. */
async function shown(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.page()).split('\n')
  return lines.filter(line => line.startsWith(name)).map(line => line.slice(name.length))
}

test('the reason of a stream is shown while there is one, and nothing when it is over', async t => {
  const metrics = new Metrics('test')
  setStreamGauges(metrics, [report(halted)])
  const name = 'tailrace_stream_trouble'
  t.deepEqual(await shown(metrics, name), ['{stream="acme",state="halted",code="http_unauthorized"} 1'])
  setStreamGauges(metrics, [report(running)])
  t.deepEqual(await shown(metrics, name), [])
})

test('destinations that are down are counted per stream', async t => {
  const metrics = new Metrics('test')
  setStreamGauges(metrics, [report(running, { destinationsDown: 2 })])
  t.deepEqual(await shown(metrics, 'tailrace_stream_destinations_down'), ['{stream="acme"} 2'])
})

test('an objective is shown where a stream has one', async t => {
  const metrics = new Metrics('test')
  const name = 'tailrace_stream_age_objective_seconds'
  setStreamGauges(metrics, [report(running)])
  t.deepEqual(await shown(metrics, name), [])
  setStreamGauges(metrics, [report(running, {}, { objective: { maxAgeSeconds: 300 } })])
  t.deepEqual(await shown(metrics, name), ['{stream="acme"} 300'])
})

test('the memory is shown with who has it', async t => {
  const metrics = new Metrics('test')
  setMemoryGauges(metrics, { maxBytes: 1_000, neededBytes: 5, usedBytes: { streams: 320, sources: 7 } })
  t.deepEqual(await shown(metrics, 'tailrace_memory_budget_bytes'), [' 1000'])
  t.deepEqual(await shown(metrics, 'tailrace_memory_used_bytes'), [
    '{part="streams"} 320',
    '{part="sources"} 7'
  ])
})

test('partitions are shown with their lag, and those that are gone no more', async t => {
  const metrics = new Metrics('test')
  const partition = (number: number, lag: number) => ({
    ...{ topic: 'fleet', partition: number, state: 'running', settledTo: 0, readTo: 0, end: lag, lag },
    ...{ pending: 0, pendingBytes: 0, waitingDevices: 0 }
  })
  const name = 'tailrace_partition_lag_messages'
  setPartitionGauges(metrics, [{ name: 'acme', partitions: [partition(0, 7), partition(1, 0)] }])
  t.deepEqual(await shown(metrics, name), [
    '{stream="acme",topic="fleet",partition="0"} 7',
    '{stream="acme",topic="fleet",partition="1"} 0'
  ])
  setPartitionGauges(metrics, [])
  t.deepEqual(await shown(metrics, name), [])
})

test('what this process adds to the useful replicas is shown', async t => {
  const metrics = new Metrics('test')
  setStreamGauges(metrics, [{ ...report(running), usefulReplicas: 0.4 }])
  t.deepEqual(await shown(metrics, 'tailrace_stream_useful_replicas'), ['{stream="acme"} 0.4'])
})

test('the time to loss is infinite where nothing can be lost, and not shown where it is not known', async t => {
  const name = 'tailrace_stream_time_to_loss_seconds'
  const of = async (leftMs: number | null, unknown: string | null = null) => {
    const metrics = new Metrics('test')
    const told = report(running, {}, { loss: { ...loss, leftMs, unknown } })
    setStreamGauges(metrics, [told])
    return [await shown(metrics, name), told.timeToLossSeconds, told.timeToLossUnknown]
  }
  t.deepEqual(await of(90_500), [['{stream="acme"} 90.5'], 90.5, undefined])
  t.deepEqual(await of(Number.POSITIVE_INFINITY), [['{stream="acme"} +Inf'], null, undefined])
  t.deepEqual(await of(null, 'fleet: refused'), [[], undefined, 'fleet: refused'])
})

test('why the time to loss is not known is shown by its code, where it stays so until somebody acts', async t => {
  const name = 'tailrace_stream_time_to_loss_unknown'
  const metrics = new Metrics('test')
  const of = (about: object) => report(running, {}, { loss: { ...loss, ...about } })
  setStreamGauges(metrics, [of({ unknown: 'fleet: refused', unknownCode: 'kafka_unauthorized' })])
  t.deepEqual(await shown(metrics, name), ['{stream="acme",code="kafka_unauthorized"} 1'])
  setStreamGauges(metrics, [of({ unknown: 'fleet was not asked for yet' })])
  t.deepEqual(await shown(metrics, name), [])
})

test('of a stream whose partitions are opening no lag and no age of 0 is told', async t => {
  const partition = (settledTo: number | null) => ({
    ...{ topic: 'fleet', partition: 0, state: 'opening', settledTo, readTo: null, end: 0, lag: 0 },
    ...{ pending: 0, pendingBytes: 0, waitingDevices: 0 }
  })
  const names = [
    'tailrace_stream_lag_messages',
    'tailrace_stream_oldest_age_seconds',
    'tailrace_stream_oldest_unheld_age_seconds',
    'tailrace_partition_lag_messages'
  ]
  const shownOf = async (settledTo: number | null, more: object = {}) => {
    const metrics = new Metrics('test')
    const told = { ...report(running), partitions: [partition(settledTo)], ...more }
    setStreamGauges(metrics, [told])
    setPartitionGauges(metrics, [told])
    return (await Promise.all(names.map(name => shown(metrics, name)))).flat()
  }
  t.deepEqual(await shownOf(null), [])
  t.deepEqual(await shownOf(null, { lag: 7 }), ['{stream="acme"} 7'])
  t.is((await shownOf(0)).length, 4)
})
