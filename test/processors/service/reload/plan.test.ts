// What a changed configuration means: which streams are touched, and why.

import test, { type ExecutionContext } from 'ava'
import { stringify } from 'yaml'
import { isEmpty, type Plan, planReload } from '../../../../processors/service/reload/plan.ts'
import type { Config } from '../../../../schemas/config.ts'
import { makeCertificates } from '../../../certificates.ts'
import { fixture } from '../config/fixture.ts'

type Fields = Readonly<Record<string, unknown>>

const url = 'https://a.example'
const acme = { from: ['fleet'], target: { http: { url, bearer: 'hunter2hunter2' } } }
const bolt = { from: ['boats'], target: { http: { url } } }
const base = {
  kafka: { brokers: ['localhost:9092'] },
  channels: { fleet: { sources: [{ http: { tokens: ['first-token'] } }] }, boats: {} },
  streams: { acme, bolt }
}

function load(t: ExecutionContext, config: Fields): Config {
  const loaded = fixture(t, { 'a.yaml': stringify(config) }).load()
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

function planOf(t: ExecutionContext, changed: Fields): Plan {
  return planReload(load(t, base), load(t, { ...base, ...changed }))
}

const actions = ({ streams }: Plan) => streams.map(({ stream, action }) => `${stream}: ${action}`)

test('a configuration that says the same, in whatever order, changes nothing', t => {
  const plan = planOf(t, { streams: { bolt, acme: { target: acme.target, from: ['fleet'] } } })
  t.true(isEmpty(plan))
  t.deepEqual(actions(plan), ['bolt: keep', 'acme: keep'])
})

test('only the stream whose own part changed restarts, with the paths that changed and no values', t => {
  const target = { http: { url: 'https://b.example', bearer: 'hunter3hunter3', maxMessages: 7 } }
  const plan = planOf(t, { streams: { acme: { ...acme, target, concurrency: 3 }, bolt } })
  t.deepEqual(actions(plan), ['acme: restart', 'bolt: keep'])
  t.deepEqual(plan.streams[0]?.because.toSorted(), [
    'concurrency',
    'target.http.bearer',
    'target.http.maxMessages',
    'target.http.url'
  ])
  t.notRegex(JSON.stringify(plan), /hunter|example/)
})

test('an objective is taken while its stream goes on, and with the stream where that restarts anyway', t => {
  const objective = { maxAgeSeconds: 300 }
  const plan = planOf(t, { streams: { acme: { ...acme, objective }, bolt } })
  t.deepEqual(actions(plan), ['acme: keep', 'bolt: keep'])
  t.deepEqual(plan.immediate, ['streams.acme.objective'])
  t.false(isEmpty(plan))
  const both = planOf(t, { streams: { acme: { ...acme, objective, concurrency: 3 }, bolt, carl: acme } })
  t.deepEqual(actions(both), ['acme: restart', 'bolt: keep', 'carl: start'])
  t.deepEqual(both.streams[0]?.because, ['concurrency'])
  t.deepEqual(both.immediate, ['streams.acme.objective'])
})

test('what /metrics shows is changed at once, and touches no stream', t => {
  const plan = planOf(t, { metrics: { partitions: true } })
  t.deepEqual(actions(plan), ['acme: keep', 'bolt: keep'])
  t.deepEqual([plan.immediate, plan.needsRestart], [['metrics.partitions'], []])
})

test('streams that are new start, and those that are gone stop and are told where their place stays', t => {
  const plan = planOf(t, { streams: { bolt, carl: acme } })
  t.deepEqual(actions(plan), ['bolt: keep', 'carl: start', 'acme: stop'])
  t.regex(plan.streams[2]?.notes.join() ?? '', /tailrace\.acme/)
})

test('another kind of target, and a default that is written out, are told by their paths', t => {
  const withoutBearer = { from: ['fleet'], order: 'device', target: { http: { url } } }
  const plan = planOf(t, { streams: { acme: withoutBearer, bolt } })
  t.deepEqual(plan.streams[0]?.because, ['target.http.bearer'])
})

test('a channel of another topic restarts the streams that read it, and no others', t => {
  const plan = planOf(t, { channels: { ...base.channels, fleet: { topic: 'fleet2' } } })
  t.deepEqual(actions(plan), ['acme: restart', 'bolt: keep'])
  t.deepEqual(plan.streams[0]?.because, ['channels.fleet.topic'])
})

test('a channel of other tokens or partitions touches no stream, and says what has no effect', t => {
  const fleet = { partitions: 24, sources: [{ http: { tokens: ['other-token'] } }] }
  const plan = planOf(t, { channels: { ...base.channels, fleet, new: {} } })
  t.deepEqual(actions(plan), ['acme: keep', 'bolt: keep'])
  t.deepEqual(
    plan.channels.map(({ channel, action, because }) => [channel, action, because.toSorted()]),
    [
      ['fleet', 'change', ['partitions', 'sources[0].http.tokens[0]']],
      ['new', 'add', []]
    ]
  )
  t.regex(plan.channels[0]?.notes.join() ?? '', /partitions: the topic fleet is there already/)
})

test('a new group and a new held topic say what they leave behind', t => {
  const changed = { ...acme, group: 'other', held: { topic: 'elsewhere' } }
  const plan = planOf(t, { streams: { acme: changed, bolt } })
  t.regex(
    plan.streams[0]?.notes.join('; ') ?? '',
    /begins at start: latest.*tailrace\.acme\.held are left there/
  )
})

test('what only a restart of the process can change is named', t => {
  const kafka = { brokers: ['localhost:9093'], clientId: 'me' }
  const plan = planOf(t, {
    kafka,
    listen: { admin: 1 },
    memory: { maxBytes: 500_000_000 },
    tracing: { endpoint: 'http://collector:4318/v1/traces' },
    drainTimeoutMs: 1
  })
  t.deepEqual(plan.needsRestart, [
    'kafka.brokers[0]',
    'kafka.clientId',
    'listen.admin',
    'memory.maxBytes',
    'tracing'
  ])
  t.deepEqual(plan.immediate, ['drainTimeoutMs'])
  t.false(isEmpty(plan))
})

test('a certificate is renewed at once; whether there is TLS, and mutual TLS, takes a restart', t => {
  const { ca, cert, key } = makeCertificates()
  const renewed = makeCertificates()
  const planned = (before: object | null, after: object | null) => {
    const listen = (tls: object | null) => ({ listen: tls === null ? {} : { tls } })
    const { immediate, needsRestart } = planReload(
      load(t, { ...base, ...listen(before) }),
      load(t, { ...base, ...listen(after) })
    )
    return { immediate, needsRestart }
  }
  const mine = { cert, key }
  t.deepEqual(planned(mine, { cert: renewed.cert, key: renewed.key }), {
    immediate: ['listen.tls.cert', 'listen.tls.key'],
    needsRestart: []
  })
  t.deepEqual(planned({ ...mine, clientCa: ca }, { ...mine, clientCa: renewed.ca }), {
    immediate: ['listen.tls.clientCa'],
    needsRestart: []
  })
  t.deepEqual(planned(null, mine), { immediate: [], needsRestart: ['listen.tls'] })
  t.deepEqual(planned(mine, { ...mine, clientCa: ca }), {
    immediate: [],
    needsRestart: ['listen.tls.clientCa']
  })
})

test('whoever changes what the numbers of messages go by is told that they begin anew', t => {
  const numbered = (more: Fields, sequence: Fields = { field: 'seq' }) => ({
    streams: { acme: { ...acme, sequence, ...more }, bolt }
  })
  const notesOf = (changed: Fields) => {
    const [change] = planReload(
      load(t, { ...base, ...numbered({}) }),
      load(t, { ...base, ...changed })
    ).streams
    return (change?.notes ?? []).filter(note => note.startsWith('numbers begin anew, at startAt: 1;')).length
  }
  t.is(notesOf(numbered({ group: 'other' })), 1)
  t.is(notesOf(numbered({}, { field: 'count' })), 1)
  t.is(notesOf(numbered({}, { field: 'seq', topic: 'numbers' })), 1)
  t.is(notesOf(numbered({}, { field: 'seq', startAt: 1, maxDevices: 7 })), 0)
})
