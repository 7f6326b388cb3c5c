// A consumer that silently hears nothing any more, of all partitions or of some, is noticed and built anew.

import test from 'ava'
import type { LogConsumerHandlers } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { EndsWatch } from '../../../processors/service/ends-watch.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { failure, type Member, Rig } from './rig.ts'

interface State {
  isDeafTo: (origin: TopicPartition) => boolean
  rebuilt: number
  handlers: LogConsumerHandlers | null
}

/** A rig whose consumers hear nothing of the partitions that the test makes deaf, until they are built anew. */
function deafRig(partitions = 2) {
  const rig = new Rig(partitions)
  const state: State = { isDeafTo: () => false, rebuilt: 0, handlers: null }
  const create = rig.log.consumer.bind(rig.log)
  rig.log.consumer = options => {
    const consumer = create(options)
    const start = consumer.start.bind(consumer)
    const rebuild = consumer.rebuild.bind(consumer)
    consumer.start = handlers => {
      state.handlers = handlers
      const onRecords: typeof handlers.onRecords = chunk => {
        if (!state.isDeafTo(chunk.origin)) handlers.onRecords(chunk)
      }
      return start({ ...handlers, onRecords })
    }
    consumer.rebuild = () => {
      state.rebuilt++
      state.isDeafTo = () => false
      rebuild()
    }
    return consumer
  }
  return { rig, state }
}

/** Kafka is asked for the ends, as the service does it. */
function watchEnds(rig: Rig, { stream }: Member): EndsWatch {
  const watch = new EndsWatch({
    clock: rig.clock,
    log() {},
    admin: rig.admin,
    watched: () => [stream.watched]
  })
  watch.start()
  return watch
}

test('a stream that had caught up when its fetching died reads on', async t => {
  const { rig, state } = deafRig()
  const member = await rig.started()
  watchEnds(rig, member)
  const sent = await rig.send('a', 'b', 'c')
  await rig.clock.advance(120_000)
  t.is(state.rebuilt, 0)
  state.isDeafTo = () => true
  sent.push(...(await rig.send('a', 'b', 'c')))
  await rig.clock.advance(80_000)
  t.is(state.rebuilt, 1)
  t.true(member.logged.includes('stream_stuck'))
  t.deepEqual(member.target.confirmed.toSorted(), sent.toSorted())
  await rig.clock.advance(300_000)
  t.is(state.rebuilt, 1)
})

test('one partition that hears nothing is noticed although the others get on', async t => {
  const { rig, state } = deafRig()
  const member = await rig.started()
  watchEnds(rig, member)
  state.isDeafTo = ({ partition }) => partition === 0
  await rig.append(0, 'a:1')
  for (let round = 0; round < 8; round++) {
    await rig.append(1, `b:${round}`)
    await rig.clock.advance(10_000)
  }
  t.is(state.rebuilt, 1)
  t.true(member.target.confirmed.includes('a:1'))
  t.is(new Set(member.target.confirmed).size, 9)
})

test('while its target is away a stream is left alone', async t => {
  const { rig, state } = deafRig(1)
  const member = await rig.started()
  watchEnds(rig, member)
  member.target.script = async () => failure('retry')
  await rig.send('a')
  await rig.clock.advance(60_000)
  t.is(member.stream.status().state, 'waiting')
  state.isDeafTo = () => true
  await rig.send('a')
  await rig.clock.advance(600_000)
  t.is(state.rebuilt, 0)
})

test('a paused stream delivers nothing, keeps its partitions, and shows how its lag grows; unpaused it delivers', async t => {
  const { rig, state } = deafRig()
  const paused = await rig.started({ paused: true })
  const watch = watchEnds(rig, paused)
  const sent = await rig.send('a', 'b', 'c')
  await rig.clock.advance(10_000)
  t.is(paused.stream.status().lag, 3)
  sent.push(...(await rig.send('a', 'b')))
  await rig.clock.advance(300_000)
  t.like(paused.stream.status(), { state: 'paused', lag: 5, pending: 0 })
  t.is(paused.stream.status().partitions.length, 2)
  t.is(state.rebuilt, 0)
  t.deepEqual(paused.target.batches, [])
  void watch.stop()
  const stopping = paused.stream.stop(5_000)
  await rig.clock.advance(10_000)
  await stopping
  const { target, stream } = await rig.started()
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.is(stream.status().lag, 0)
})

test('the lag of a partition that is halted grows, and nothing is built anew for it', async t => {
  const { rig, state } = deafRig(1)
  const member = await rig.started()
  watchEnds(rig, member)
  await rig.send('a')
  state.isDeafTo = () => true
  state.handlers?.onPositionLost({ topic: 'fleet', partition: 0 }, 1)
  await rig.send('a', 'a')
  await rig.clock.advance(300_000)
  t.like(member.stream.status(), { state: 'halted', lag: 2 })
  t.is(state.rebuilt, 0)
})

test('a missing topic of one channel does not keep a stream from noticing that it is deaf to the other', async t => {
  const { rig, state } = deafRig()
  rig.log.create('boats', 2)
  const member = await rig.started({ topics: ['fleet', 'boats'] })
  const ask = rig.admin.rangesWithLeader.bind(rig.admin)
  let isMissing = true
  rig.admin.rangesWithLeader = async topic => {
    if (isMissing && topic === 'boats') throw new FaultError('topic_missing', { detail: topic })
    return ask(topic)
  }
  watchEnds(rig, member)
  await rig.clock.advance(20_000)
  t.like(member.stream.status(), { state: 'halted', trouble: { code: 'topic_missing' } })
  state.isDeafTo = () => true
  const sent = await rig.send('a', 'b', 'c')
  await rig.clock.advance(80_000)
  t.true(member.logged.includes('stream_stuck'))
  t.is(state.rebuilt, 0, 'it could not join without the topic')
  isMissing = false
  await rig.clock.advance(90_000)
  t.is(state.rebuilt, 1)
  t.deepEqual(member.target.confirmed.toSorted(), sent.toSorted())
})

test('a partition that has halted does not keep a stream from noticing that it is deaf to another', async t => {
  const { rig, state } = deafRig(2)
  const member = await rig.started()
  watchEnds(rig, member)
  state.handlers?.onPositionLost({ topic: 'fleet', partition: 0 }, 7)
  t.like(member.stream.status(), { state: 'halted', trouble: { code: 'position_lost' } })
  state.isDeafTo = () => true
  const sent = await rig.send('a', 'b', 'c', 'd', 'e', 'f')
  await rig.clock.advance(80_000)
  t.is(state.rebuilt, 1)
  t.deepEqual(member.target.confirmed.toSorted(), sent.toSorted())
})
