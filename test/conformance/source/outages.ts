// The source contract, second part: Kafka, connections and servers that go and come back. Everything arrives at least
// once, and what arrives for the first time is in order per device.

import { tick } from '../../flows/harness/until.ts'
import { byDevice } from '../fleet.ts'
import type { SourceBehaviours } from '../source.ts'
import type { SourceCase } from '../source-case.ts'

const downMs = 3_000

export const outageBehaviours: SourceBehaviours = {
  'while Kafka is gone for seconds nothing is lost, and order per device is kept': {
    run: async context => {
      const { store, t } = context
      await context.started()
      const sender = context.sender()
      const messages = context.messages(600, { devices: 10 })
      await context.send(sender, messages.slice(0, 100))
      store.fail('kafka_unavailable')
      const sending = context.persist(sender, messages.slice(100))
      await context.until('it is noticed', () => store.failures > 0)
      await tick(downMs) // how long the outage is
      t.is(context.acknowledged.length, 100)
      store.recover()
      await sending
      arrivedInOrder(context, messages)
    }
  },

  'while the connection is cut ten times nothing is lost, and order per device is kept': {
    needs: ['cut'],
    run: async context => {
      await context.started()
      const sender = context.sender()
      const messages = context.messages(2_000, { devices: 20 })
      let isRunning = true
      const sending = context.persist(sender, messages).finally(() => {
        isRunning = false
      })
      let cuts = 0
      while (isRunning) {
        if (cuts < 10 && context.store.stored.length >= (cuts + 1) * 150) {
          sender.cut()
          cuts++
        }
        await tick(1)
      }
      await sending
      context.t.is(cuts, 10)
      arrivedInOrder(context, messages)
    }
  },

  'a server that is gone for a while is found again, and nothing is lost': {
    needs: ['server'],
    run: async context => {
      await context.started()
      const sender = context.sender()
      const messages = context.messages(200, { devices: 5 })
      await context.send(sender, messages.slice(0, 100))
      await context.outside.stop?.()
      await context.until('the connection is gone', () => context.outside.connections === 0)
      await context.outside.start?.()
      await context.persist(sender, messages.slice(100))
      arrivedInOrder(context, messages)
    }
  }
}

/** All of them, each device's in order of first arrival. */
function arrivedInOrder(context: SourceCase, messages: readonly Buffer[]): void {
  context.t.deepEqual(byDevice(context.store.firsts()), byDevice(context.idsOf(messages)))
}
