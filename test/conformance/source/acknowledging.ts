// The source contract, first part: what an acknowledgement means, and what is stored. Nothing is acknowledged before Kafka
// has it, and what a sender was not told of is taken again when it comes again.

import type { SourceBehaviours } from '../source.ts'
import { channel } from '../source-case.ts'

export const acknowledgingBehaviours: SourceBehaviours = {
  'what is sent is acknowledged once it is appended, and not before': {
    run: async context => {
      const { t, store, acknowledged } = context
      await context.started()
      const messages = context.messages(3)
      store.hold()
      const results = context.sender().send(messages)
      await context.until('something is to be appended', () => store.pendingMessages > 0)
      await context.turns()
      t.deepEqual(acknowledged, [])
      store.release()
      t.deepEqual(new Set(await results), new Set(['acknowledged']))
      t.deepEqual(acknowledged, context.idsOf(messages))
      t.deepEqual(store.idsOf(), context.idsOf(messages))
    }
  },

  'what cannot be appended is not acknowledged, and is taken when it comes again': {
    run: async context => {
      const { t, store, acknowledged } = context
      await context.started()
      const sender = context.sender()
      await context.send(sender, context.messages(1))
      const messages = context.messages(3)
      store.fail('kafka_unavailable')
      const sending = context.persist(sender, messages)
      await context.until('several attempts have failed', () => store.failures >= 3)
      t.is(acknowledged.length, 1)
      store.recover()
      await sending
      t.deepEqual(store.firsts().slice(1), context.idsOf(messages))
    }
  },

  'a message that is sent again is appended and acknowledged again': {
    needs: ['cut'],
    run: async context => {
      const { t, store, acknowledged } = context
      await context.started()
      const sender = context.sender()
      const messages = context.messages(2)
      store.hold()
      const lost = sender.send(messages)
      await context.until('something is to be appended', () => store.pendingMessages > 0)
      sender.cut()
      t.deepEqual(new Set(await lost), new Set(['lost']))
      store.release()
      await context.until('it is appended all the same', () => store.pendingMessages === 0)
      t.deepEqual(acknowledged, [])
      await context.persist(sender, messages)
      t.true(store.idsOf().length > messages.length, 'at least once means: no message is taken for a repeat')
      t.deepEqual(store.firsts(), context.idsOf(messages))
    }
  },

  'two thousand messages over one connection arrive in order per device': {
    run: async context => {
      await context.started()
      const messages = context.messages(2_000, { devices: 20 })
      await context.send(context.sender(), messages)
      // One sender sends one after the other, so the order of all is that of each device.
      context.t.deepEqual(context.store.idsOf(), context.idsOf(messages))
    }
  },

  'the key of a message is its ident, whatever that is': {
    needs: ['any ident'],
    run: async context => {
      await context.started()
      const idents = ['Łódź 12', '0', ' ', '"\\', '\u0001', '🚚', 'é'.repeat(60)]
      await context.send(
        context.sender(),
        idents.map(ident => context.message(ident))
      )
      context.t.deepEqual(
        context.store.stored.map(({ key }) => key.toString()),
        idents
      )
    }
  },

  'what is stored is what was sent, to the byte': {
    needs: ['verbatim'],
    run: async context => {
      await context.started()
      const ident = '862552046671133'
      const number = '"seq":1,"timestamp":1767225600.50,"big":123456789012345678901234567890'
      const messages = [
        Buffer.from(`{"ident":"${ident}",${number}}`),
        Buffer.from(`{ "seq":2,  "timestamp":1767225601, "ident":"${ident}","z":1.0,"a":[{"b":"\\u00e9é"}]}`)
      ]
      await context.send(context.sender(), messages)
      context.t.deepEqual(
        context.store.stored.map(({ value }) => value),
        messages
      )
    }
  },

  'two channels at once are kept apart': {
    run: async context => {
      const { store, t } = context
      await context.started({ channels: [channel, 'boats'] })
      const [cars, boats] = [context.messages(200, { devices: 3 }), context.messages(200, { devices: 3 })]
      const senders = [context.sender(channel), context.sender('boats')] as const
      await Promise.all([context.send(senders[0], cars), context.send(senders[1], boats)])
      t.deepEqual(store.idsOf(channel), context.idsOf(cars))
      t.deepEqual(store.idsOf('boats'), context.idsOf(boats))
    }
  },

  'a hundred connections at once are all served': {
    needs: ['many connections'],
    run: async context => {
      await context.started()
      const senders = Array.from({ length: 100 }, () => context.sender())
      const ways = senders.map((_, at) =>
        Array.from({ length: 20 }, () => context.message(`8610000000${1000 + at}`))
      )
      await Promise.all(senders.map((sender, at) => context.send(sender, ways[at] ?? [])))
      context.t.is(context.outside.connections, 100)
      const stored = context.store.idsOf()
      context.t.is(stored.length, 2_000)
      for (const way of ways) {
        const ids = context.idsOf(way)
        const own = new Set(ids)
        context.t.deepEqual(
          stored.filter(id => own.has(id)),
          ids
        )
      }
    }
  }
}
