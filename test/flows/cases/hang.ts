// A target that takes connections and requests and never answers: the stream must wait with memory that stays flat and
// keep its place in the group, for however long, and go on by itself afterwards.

import type { Instance } from '../harness/instance.ts'
import { leavesSome } from '../harness/memory/full.ts'
import { watchedNode, watchMemory } from '../harness/memory/watch.ts'
import { until } from '../harness/until.ts'
import type { FlowCase } from './case.ts'

/** How long a busy machine may take until the memory is full. */
const fillLimitMs = 180_000

/** Little, so that it is soon full. */
const maxMemoryBytes = 16 << 20

export const targetHangs: FlowCase = {
  letter: 'i',
  title: 'target hangs',
  nodes: 0,
  async run(scene, { messages, perSecond, hangMs }) {
    const instance = await scene.start(1, { maxMemoryBytes, nodeOptions: watchedNode })
    const sender = scene.sendToKafka(perSecond)
    await scene.moreArrive(perSecond)
    const member = String(await scene.cluster.members(scene.group))
    scene.receiver.conduct = () => 'ignore'
    await until('the memory is full and every partition repeats', () => isFull(instance), fillLimitMs)
    const memory = await watchMemory(instance, hangMs)
    const memberAfter = String(await scene.cluster.members(scene.group))
    scene.receiver.conduct = () => 'accept'
    await scene.moreArrive(perSecond)
    const joins = instance.logged('partitions_assigned')
    await scene.finish(sender, messages)
    return {
      complaints: [
        ...memory.complaints,
        ...(memberAfter === member ? [] : [`the member was ${member} and is ${memberAfter}`]),
        ...(joins === 1 ? [] : [`it joined its group ${joins} times`])
      ],
      notes: memory.notes
    }
  }
}

/** Every partition has left messages in Kafka for want of room, and has had an attempt that failed. */
async function isFull(instance: Instance): Promise<boolean> {
  const stream = await instance.stream()
  return stream?.partitions.every(one => one.state === 'waiting' && leavesSome(one)) ?? false
}
