// Several Tailrace processes share a stream: they join and leave in order, start together, or one of them dies.

import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import type { Instance } from '../harness/instance.ts'
import { partitionCount, type Scene } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import { type FlowCase, nothingElse } from './case.ts'

export const membersJoinAndLeave: FlowCase = {
  letter: 'e',
  title: 'members join and leave',
  nodes: 0,
  async run(scene, { messages, perSecond, rounds }) {
    await scene.start(partitionCount)
    const sender = scene.sendToKafka(perSecond)
    for (let round = 0; round < rounds; round++) {
      await scene.moreArrive(perSecond)
      const second = await scene.start()
      await scene.moreArrive(perSecond)
      const third = await scene.start()
      await scene.moreArrive(perSecond)
      await scene.stop(second)
      await scene.moreArrive(perSecond)
      await scene.stop(third)
    }
    await scene.finish(sender, messages)
    return nothingElse
  }
}

/** Nothing dies, so nothing excuses a duplicate. */
export const rollingRestart: FlowCase = {
  letter: 'k',
  title: 'rolling restart of three',
  nodes: 0,
  async run(scene, { messages, perSecond, restarts }) {
    let instances = await Promise.all([1, 2, 3].map(() => scene.start()))
    const sender = scene.sendToKafka(perSecond)
    for (let round = 0; round < restarts; round++) {
      const renewed: Instance[] = []
      for (const instance of instances) {
        await scene.moreArrive(perSecond)
        await scene.stop(instance)
        renewed.push(await scene.start())
      }
      instances = renewed
    }
    await scene.finish(sender, messages)
    return nothingElse
  }
}

export const startedTogether: FlowCase = {
  letter: 'g',
  title: 'three start at once, start: latest',
  nodes: 0,
  async run(scene, { messages, perSecond }) {
    const sender = scene.sendToKafka(perSecond)
    await sender.more(perSecond)
    const before = new Map(scene.fleet.issued)
    let old = 0
    scene.ledger.onFirst = (device, seq) => {
      if (seq < (before.get(device) ?? 0)) old++
    }
    // What is on its way at this moment is neither old nor new.
    await sender.more(perSecond)
    const instances = await Promise.all([1, 2, 3].map(() => scene.spawn({ start: 'latest' })))
    await Promise.any(instances.map(instance => instance.running()))
    scene.owedFrom = new Map(scene.fleet.issued)
    await Promise.all(instances.map(instance => instance.running(partitionCount / 3)))
    await scene.finish(sender, sender.stored + messages)
    return { ...nothingElse, complaints: old === 0 ? [] : [`${old} old messages were delivered`] }
  }
}

/** The rivals need 30 to 51 s. */
const takeOverLimitS = 12

export const memberKilled: FlowCase = {
  letter: 'h',
  title: 'kill -9 of one of two',
  nodes: 0,
  async run(scene, { messages, perSecond }) {
    const dying = await scene.start(partitionCount)
    const surviving = await scene.start()
    await until(
      'both have their half',
      async () => (await dying.stream())?.partitions.length === partitionCount / 2
    )
    const sender = scene.sendToKafka(perSecond)
    await scene.moreArrive(perSecond)
    const orphaned = (await dying.stream())?.partitions.map(({ partition }) => partition) ?? []
    const killedMs = Date.now()
    const flowing = flowOf(scene, orphaned)
    await scene.kill(dying)
    await until('every partition flows again', () => flowing.size === orphaned.length)
    const seconds = (Date.now() - killedMs) / 1000
    await surviving.running(partitionCount)
    await scene.finish(sender, messages)
    const notes = [`${seconds.toFixed(1)} s until all ${orphaned.length} partitions flowed again`]
    return {
      notes,
      complaints: seconds < takeOverLimitS ? [] : [`took ${seconds} s, more than ${takeOverLimitS}`]
    }
  }
}

/** Fills with those of `partitions` from which something arrives that was sent after this call. */
function flowOf(scene: Scene, partitions: readonly number[]): Set<number> {
  const flowing = new Set<number>()
  const before = new Map(scene.fleet.issued)
  scene.ledger.onFirst = (device, seq) => {
    if (seq < (before.get(device) ?? 0)) return
    const partition = partitionOf(Buffer.from(device), partitionCount)
    if (partitions.includes(partition)) flowing.add(partition)
  }
  return flowing
}
