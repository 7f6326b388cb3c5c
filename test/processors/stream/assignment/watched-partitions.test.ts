// A topic that is missing is a trouble of those that have partitions of it, and of nobody else.

import test from 'ava'
import { WatchedPartitions } from '../../../../processors/stream/assignment/watched-partitions.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { Rig } from '../rig.ts'

const missing = { fault: new FaultError('topic_missing', { detail: 'fleet' }), untilMs: 5_000 }

test('a stream whose topic is missing is halted until the topic is there again', async t => {
  const { stream } = await new Rig(2).started()
  stream.watched.noteTopic('fleet', missing)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'topic_missing' } })
  stream.watched.noteTopic('fleet', null)
  t.is(stream.status().state, 'running')
})

test('who has no partition of a missing topic any more is not troubled by it', async t => {
  const { stream } = await new Rig(2).started()
  stream.watched.noteTopic('boats', missing)
  t.is(stream.status().state, 'running', 'it never had any')
  stream.watched.noteTopic('fleet', missing)
  await stream.stop(1_000)
  t.is(stream.status().state, 'stopped')
  const told: string[] = []
  const health = { trouble: (name: string) => told.push(name), clear: () => {} }
  new WatchedPartitions(stream.partitions, health).noteTopic('fleet', missing)
  t.deepEqual(told, [], 'its partitions were handed back while it was asked for')
})
