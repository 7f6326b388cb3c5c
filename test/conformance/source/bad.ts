// The source contract, fourth part: what is sent is wrong, or who sends it, or how. What is no message is not appended,
// the sender or the operator is told, and others go on.

import type { Bad, Result, SourceBehaviour, SourceBehaviours } from '../source.ts'

/**
 * Sends what is bad from one sender while another goes on, and then what is good from both. What belongs to a channel
 * must be counted there; of anything else it is enough to tell the sender.
 */
function isSurvived(bad: Bad, isCounted: boolean): SourceBehaviour {
  return {
    needs: [bad],
    run: async context => {
      const { t, store, refused } = context
      await context.started()
      const [one, other] = [context.sender(), context.sender()]
      await context.send(other, context.messages(1))
      for (let count = 1; count <= 3; count++) {
        const result = await one.sendBad(bad)
        t.not(result, 'again', 'it would be sent for ever')
        if (result === 'acknowledged')
          t.is(store.aside.length, count, 'acknowledged, and neither appended nor set aside')
        if (isCounted || result !== 'refused')
          await context.until(`${bad} is counted`, () => context.counted >= count)
      }
      await context.send(other, context.messages(2))
      await context.persist(one, context.messages(1))
      t.is(store.stored.length, 4)
      for (const [channel] of refused) t.is(channel, 'fleet')
    }
  }
}

export const badBehaviours: SourceBehaviours = {
  'what is no message is not appended, is counted, and others go on': isSurvived('no message', true),
  'garbage is not appended, is told, and others go on': isSurvived('garbage', false),
  'what is truncated is not appended, is counted, and others go on': isSurvived('truncated', true),
  'what is too large is not appended, is counted, and others go on': isSurvived('oversized', true),

  'what is set aside is acknowledged once Kafka has it, and not before': {
    needs: ['no message', 'sets aside'],
    run: async context => {
      const { t, store } = context
      await context.started()
      const sender = context.sender()
      const results: Result[] = []
      const send = async () => {
        results.push(await sender.sendBad('no message'))
      }
      store.hold()
      const sending = send()
      await context.until('it is to be set aside', () => store.pendingMessages === 1)
      await context.turns()
      t.deepEqual(results, [])
      store.release()
      await sending
      t.deepEqual(results, ['acknowledged'])
      t.is(store.aside.length, 1)
      t.deepEqual(store.idsOf(), [])
    }
  },

  'messages that come in single bytes are taken': {
    needs: ['single bytes'],
    run: async context => {
      await context.started()
      const messages = context.messages(3)
      const results = await context.sender().send(messages, { singleBytes: true })
      context.t.deepEqual(new Set(results), new Set(['acknowledged']))
      context.t.deepEqual(context.store.idsOf(), context.idsOf(messages))
    }
  },

  'who closes its half of the connection after sending is still answered': {
    needs: ['half-close'],
    run: async context => {
      await context.started()
      const sender = context.sender()
      const messages = context.messages(3)
      const results = await sender.send(messages, { halfClose: true })
      context.t.deepEqual(new Set(results), new Set(['acknowledged']))
      context.t.deepEqual(context.store.idsOf(), context.idsOf(messages))
      await context.until('the connection is closed', () => context.outside.connections === 0)
    }
  }
}
