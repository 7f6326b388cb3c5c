// A stream of which some partitions have no leader in Kafka when they are assigned.

import test from 'ava'
import { heldTopic, Rig } from '../rig.ts'

/** Of this partition nobody knows where it begins or ends, until somebody leads it again. */
function leaderless(rig: Rig, lost: { topic: string; partition: number }): { isOver: boolean } {
  const state = { isOver: false }
  const ask = rig.admin.rangesWithLeader.bind(rig.admin)
  rig.admin.rangesWithLeader = async topic => {
    const found = await ask(topic)
    if (state.isOver || topic !== lost.topic) return found
    const ranges = found.ranges.filter(({ partition }) => partition !== lost.partition)
    return { ...found, ranges, leaderless: [lost.partition] }
  }
  return state
}

for (const topic of ['fleet', heldTopic]) {
  test(`while nobody leads a partition of ${topic}, the stream delivers all others and says what it waits for`, async t => {
    const rig = new Rig()
    for (const partition of [0, 1]) await rig.append(partition, `before:${partition}`)
    const lost = leaderless(rig, { topic, partition: 1 })
    const { stream, target, logged } = await rig.started()
    t.deepEqual(target.confirmed, ['before:0'])
    t.like(stream.status(), { state: 'waiting', trouble: { code: 'kafka_no_leader' } })
    t.regex(stream.status().trouble?.detail ?? '', new RegExp(`${topic}/1`))
    t.true(logged.includes('stream_waiting'))
    await rig.append(0, 'after:0')
    await rig.clock.advance(60_000)
    t.deepEqual(target.confirmed, ['before:0', 'after:0'])
    lost.isOver = true
    await rig.clock.advance(60_000)
    t.deepEqual(target.confirmed, ['before:0', 'after:0', 'before:1'])
    t.is(stream.status().state, 'running')
    await stream.stop(1_000)
    t.is(await rig.uncommitted(), 0)
  })
}
