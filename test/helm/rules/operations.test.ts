// What operators do every week, and what heals by itself, wakes nobody and writes no ticket: the rules are played on two hours of
// every metric they look at, minute by minute.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { rules } from '../../../schemas/render/rules.ts'
import { complaints, metricsIn } from '../promql.ts'
import { caseOf, type Pod, type Scene } from './fleet.ts'
import { promtool } from './promtool.ts'

const pod = (name: string, from: number, to: number): Pod => ({ name, from, to })

/** Three processes are replaced one after the other, each new one beside the old one for a minute. */
const rollingRestart: Scene = {
  pods: [
    ...['a', 'b', 'c'].map((name, at) => pod(name, 0, 42 + at * 2)),
    ...['d', 'e', 'f'].map((name, at) => pod(name, 41 + at * 2, 120))
  ]
}

/** One process, seven more, and back to one, minute by minute. */
const scaled: Scene = {
  pods: [pod('a', 0, 120), ...'bcdefgh'.split('').map((name, at) => pod(name, 30 + at, 90 - at))]
}

const awayForTenMinutes: Scene = {
  pods: [pod('a', 0, 120), pod('b', 0, 120)],
  down: { from: 40, to: 50, as: 'waiting' }
}

const refusedForLonger: Scene = { ...awayForTenMinutes, down: { from: 40, to: 60, as: 'halted' } }

function play(t: ExecutionContext, scene: Scene, firing: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-rules-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'case.yaml')
  const rule_files = [packageRoot('helm/tailrace/rules/tailrace.yaml')]
  writeFileSync(file, JSON.stringify({ rule_files, ...caseOf(scene, firing) })) // JSON is YAML
  return promtool(['test', 'rules', file])
}

test('a rolling restart fires nothing', t => {
  const { status, said } = play(t, rollingRestart)
  t.is(status, 0, said)
})

test('scaling from one process to eight and back to one fires nothing', t => {
  const { status, said } = play(t, scaled)
  t.is(status, 0, said)
})

test('a target that is down for ten minutes fires nothing', t => {
  const { status, said } = play(t, awayForTenMinutes)
  t.is(status, 0, said)
})

test('credentials that are refused for longer fire that the stream is halted, and the age above its objective, nothing else', t => {
  const expected = ['TailraceStreamHalted', 'TailraceAgeAboveObjective']
  const { said } = play(t, refusedForLonger)
  const fired = new Set([...said.matchAll(/alertname: (\w+), time/g)].map(([, name]) => name))
  t.deepEqual([...fired].sort(), ['TailraceStreamHalted'], said.slice(0, 2_000))
  t.is(play(t, refusedForLonger, expected).status, 0)
})

test('the scenes have every metric without which an alert could not fire', t => {
  const played = caseOf(refusedForLonger).tests.flatMap(({ input_series: list }) =>
    list.map(({ series }) => series)
  )
  t.deepEqual(
    played.flatMap(series => complaints(series)),
    []
  )
  const names = new Set(played.flatMap(metricsIn))
  const asked = rules().groups.flatMap(group => group.rules.flatMap(({ expr }) => metricsIn(expr)))
  // These come with what goes wrong, and are not there otherwise.
  const absent = [
    'tailrace_stream_halts_total',
    'tailrace_stream_dead_letters_total',
    'tailrace_channel_dead_letters_total',
    'tailrace_channel_source_connected',
    'tailrace_expiry_timestamp_seconds',
    'tailrace_expiry_life_seconds',
    'tailrace_stream_time_to_loss_unknown',
    'tailrace_stream_useful_replicas'
  ]
  t.deepEqual(
    [...new Set(asked)].filter(name => !names.has(name) && !absent.includes(name)),
    []
  )
})
