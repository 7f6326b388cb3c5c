// The receiver is down for a while; Tailrace is killed, or stopped in order, and started again at once.

import { type FlowCase, nothingElse } from './case.ts'

export const receiverDown: FlowCase = {
  letter: 'a',
  title: 'receiver down',
  nodes: 0,
  async run(scene, { messages, perSecond, outage }) {
    await scene.start()
    const sender = scene.sendToKafka(perSecond)
    await scene.moreArrive(perSecond)
    await scene.receiver.takeDown()
    await scene.noteFault()
    await sender.more(outage)
    await scene.receiver.bringUp()
    await scene.moreArrive(outage)
    await scene.finish(sender, messages)
    return nothingElse
  }
}

export const processKilled: FlowCase = {
  letter: 'b',
  title: 'kill -9 of Tailrace',
  nodes: 0,
  async run(scene, { messages, perSecond, faults }) {
    let instance = await scene.start()
    const sender = scene.sendToKafka(perSecond)
    for (let fault = 0; fault < faults; fault++) {
      await scene.moreArrive(perSecond)
      await scene.kill(instance)
      instance = await scene.spawn()
    }
    await scene.moreArrive(perSecond)
    await scene.finish(sender, messages)
    return nothingElse
  }
}

export const processRestarted: FlowCase = {
  letter: 'c',
  title: 'SIGTERM and restart',
  nodes: 0,
  async run(scene, { messages, perSecond, restarts }) {
    let instance = await scene.start()
    const sender = scene.sendToKafka(perSecond)
    for (let round = 0; round < restarts; round++) {
      await scene.moreArrive(perSecond)
      await scene.stop(instance)
      instance = await scene.spawn()
    }
    await scene.moreArrive(perSecond)
    await scene.finish(sender, messages)
    return nothingElse
  }
}
