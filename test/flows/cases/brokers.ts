// Kafka dies under Tailrace, which receives over HTTP and delivers at the same time: the only node is killed and
// started again; Tailrace dies while Kafka is away and senders wait for it; of three nodes the leader of a partition is
// killed while the others go on.

import type { LocalKafka } from '../../../connectors/kafka/local/local.ts'
import { lanesOfPosts, type Scene } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import { type FlowCase, nothingElse } from './case.ts'

export const kafkaKilled: FlowCase = {
  letter: 'd',
  title: 'kill -9 of Kafka, restart',
  nodes: 1,
  async run(scene, { messages, perSecond, faults }) {
    const node = nodeOf(scene, 1)
    const instance = await scene.start()
    const sender = scene.sendTo(() => instance, perSecond)
    for (let fault = 1; fault < faults; fault++) {
      await scene.moreArrive(perSecond)
      const committed = await scene.committed()
      await node.kill()
      await scene.noteFault(committed)
      await node.start()
    }
    await scene.moreArrive(perSecond)
    await scene.finish(sender, messages)
    return { ...nothingElse, notes: [`${sender.repeats} requests repeated`] }
  }
}

/** What was answered 200 is in Kafka: nothing that only Tailrace had may count. */
export const bothKilled: FlowCase = {
  letter: 'j',
  title: 'kill -9 of Kafka, then of Tailrace',
  nodes: 1,
  async run(scene, { messages, perSecond, faults }) {
    const node = nodeOf(scene, 1)
    let instance = await scene.start()
    const sender = scene.sendTo(() => instance, perSecond)
    for (let fault = 1; fault < faults; fault++) {
      await scene.moreArrive(perSecond)
      const committed = await scene.committed()
      await node.kill()
      await until('every sender waits', () => sender.underWay === lanesOfPosts)
      await scene.kill(instance, () => committed)
      await node.start()
      instance = await scene.start()
    }
    await scene.moreArrive(perSecond)
    await scene.finish(sender, messages)
    return { ...nothingElse, notes: [`${sender.repeats} requests repeated`] }
  }
}

export const leaderKilled: FlowCase = {
  letter: 'f',
  title: 'kill -9 of a leader, three nodes',
  nodes: 3,
  async run(scene, { messages, perSecond, faults }) {
    const instance = await scene.start()
    const sender = scene.sendTo(() => instance, perSecond)
    for (let fault = 1; fault < faults; fault++) {
      await scene.moreArrive(perSecond)
      const node = nodeOf(scene, await scene.cluster.leader(scene.topic, fault))
      const committed = await scene.committed()
      await node.kill()
      await scene.noteFault(committed)
      await sender.more(perSecond)
      await scene.moreArrive(perSecond)
      await node.start(idsOf(scene.kafka))
      await scene.cluster.inSync(scene.topic)
    }
    await scene.finish(sender, messages)
    return { ...nothingElse, notes: [`${sender.repeats} requests repeated`] }
  }
}

function nodeOf({ kafka }: Scene, id: number) {
  const node = kafka?.nodes.find(one => one.id === id)
  if (node === undefined) throw new Error(`there is no node ${id}`)
  return node
}

const idsOf = (kafka: LocalKafka | undefined) => kafka?.nodes.map(node => node.id) ?? []
