// The source contract, fifth part: who may come in, and channels that come and go while messages flow.

import { errors } from '../../../schemas/errors.ts'
import { wrongCredential } from '../fleet.ts'
import type { SourceBehaviours } from '../source.ts'
import { channel } from '../source-case.ts'

export const changingBehaviours: SourceBehaviours = {
  'with credentials that differ nothing is taken, and it is told': {
    needs: ['credentials'],
    run: async context => {
      const source = await context.source({ wish: { credential: wrongCredential } })
      const fault = await context.startFault(source)
      if (fault === null && context.has('server')) {
        const results = await context.sender().send(context.messages(2))
        context.t.false(results.includes('acknowledged'))
        await context.until('it is told, with a hint', () => context.told('hint:'))
      } else if (fault === null) {
        const results = await context.sender().send(context.messages(2))
        context.t.true(results.every(result => result === 'refused' || result === 'again'))
        context.t.is(results[0], 'refused')
        context.t.true(context.refused.length > 0, 'it was not counted')
      } else context.t.truthy(errors[fault.code].hint, `${fault.code} needs a hint`)
      context.t.deepEqual(context.store.idsOf(), [])
    }
  },

  'channels that come and go do not disturb one that stays': {
    run: async context => {
      const { t, store } = context
      const source = await context.started({ channels: [channel, 'boats'] })
      const [stays, goes, comes] = [context.sender(), context.sender('boats'), context.sender('bikes')]
      await context.send(goes, context.messages(1))
      const messages = context.messages(1_000, { devices: 10 })
      const sending = context.send(stays, messages)
      await context.update(source, [channel])
      const results = await goes.send(context.messages(2))
      t.false(results.includes('acknowledged'), 'the channel is gone')
      await context.update(source, [channel, 'bikes'])
      await context.send(comes, context.messages(2))
      await sending
      t.deepEqual(store.idsOf(channel), context.idsOf(messages))
      t.is(store.idsOf('boats').length, 1)
      t.is(store.idsOf('bikes').length, 2)
    }
  },

  'what is under way when a channel goes ends as it began': {
    run: async context => {
      const { store } = context
      const source = await context.started({ channels: [channel, 'boats'] })
      const messages = context.messages(2)
      store.hold()
      const results = context.sender('boats').send(messages)
      await context.until('it is to be appended', () => store.pendingMessages === messages.length)
      await context.update(source, [channel])
      store.release()
      context.t.deepEqual(new Set(await results), new Set(['acknowledged']))
      context.t.deepEqual(store.idsOf('boats'), context.idsOf(messages))
    }
  }
}
