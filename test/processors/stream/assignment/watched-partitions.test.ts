// A topic that is missing is a trouble of those that have partitions of it, and of nobody else.

import test from 'ava'
import { FaultError } from '../../../../schemas/errors.ts'
import { Rig, ScriptedTarget } from '../rig.ts'

const missing = { fault: new FaultError('topic_missing', { detail: 'fleet' }), untilMs: 5_000 }

test('a stream whose topic is missing is halted until the topic is there again', async t => {
  const { stream } = await new Rig(2).started()
  stream.watched.noteTopic('fleet', missing)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'topic_missing' } })
  stream.watched.noteTopic('fleet', null)
  t.is(stream.status().state, 'running')
})

test('who has no partition of a missing topic is not troubled by it', async t => {
  const rig = new Rig(1)
  const { stream: owner } = await rig.started()
  const { stream: idle } = await rig.started()
  for (const stream of [owner, idle]) stream.watched.noteTopic('fleet', missing)
  t.deepEqual([owner.status().partitions.length, idle.status().partitions.length], [1, 0])
  t.deepEqual([owner.status().state, idle.status().state], ['halted', 'running'])
})

test('a missing topic of one channel leaves the other channel its useful replicas', async t => {
  const rig = new Rig(2)
  rig.log.create('boats', 2)
  const target = new ScriptedTarget()
  target.script = () => new Promise(resolve => rig.clock.after(1_000, () => resolve(undefined)))
  const { stream } = await rig.started({ topics: ['fleet', 'boats'] }, target)
  const devices = Array.from({ length: 200 }, (_, at) => `device-${at}`)
  await rig.send(...Array.from({ length: 80 }, () => devices).flat())
  stream.watched.noteTopic('boats', missing)
  await rig.clock.advance(110_000)
  const { state, trouble, usefulReplicas, partitions } = stream.status()
  t.like(
    { state, code: trouble?.code, usefulReplicas },
    { state: 'halted', code: 'topic_missing', usefulReplicas: 2 }
  )
  t.deepEqual(partitions.map(one => `${one.topic} ${one.state}`).sort(), [
    'boats halted',
    'boats halted',
    'fleet running',
    'fleet running'
  ])
})

test('of a stream whose only topic is missing no replica is of use', async t => {
  const rig = new Rig(2)
  const target = new ScriptedTarget()
  target.script = () => new Promise(() => {})
  const { stream } = await rig.started({}, target)
  await rig.send('a', 'b', 'c')
  stream.watched.noteTopic('fleet', missing)
  await rig.clock.advance(20_000)
  t.is(stream.status().usefulReplicas, 0)
})
