// The source contract, last part: starting where it cannot, and stopping. What is under way may end, but not longer than
// the deadline, and nothing is left open; SourceCase looks at that after every behaviour.

import { type AddressInfo, createServer } from 'node:net'
import { errors } from '../../../schemas/errors.ts'
import type { SourceBehaviours } from '../source.ts'

const promptMs = 500

export const stoppingBehaviours: SourceBehaviours = {
  'a port that is in use is told, with a hint': {
    needs: ['listener'],
    run: async context => {
      const other = createServer().listen(0, '127.0.0.1')
      await new Promise(resolve => other.once('listening', resolve))
      const { port } = other.address() as AddressInfo // a TCP server that listens has one
      try {
        const source = await context.source({ wish: { port } })
        const fault = await context.startFault(source)
        context.t.truthy(fault, 'it started')
        context.t.truthy(fault && errors[fault.code].hint, `${fault?.code} needs a hint`)
        context.t.regex(`${fault?.path} ${fault?.detail}`, new RegExp(`\\b${port}\\b`))
        await context.stop(source)
      } finally {
        await new Promise(resolve => other.close(resolve))
      }
    }
  },

  'stop() without start() is no error': {
    run: async context => {
      await context.stop(await context.source())
      context.t.pass()
    }
  },

  'stop() closes at once what does nothing': {
    run: async context => {
      const source = await context.started()
      await context.send(context.sender(), context.messages(1))
      context.t.true(context.outside.connections > 0)
      const startMs = performance.now()
      await context.stop(source)
      context.t.true(performance.now() - startMs < promptMs)
      await context.until('the connection is closed', () => context.outside.connections === 0)
    }
  },

  'stop() lets what is under way end, and takes nothing new': {
    run: async context => {
      const { store, t } = context
      const source = await context.started()
      const sender = context.sender()
      await context.send(sender, context.messages(1))
      const messages = context.messages(2)
      store.hold()
      const results = sender.send(messages)
      await context.until('it is to be appended', () => store.pendingMessages === messages.length)
      const stopped = context.stop(source)
      await context.turns()
      store.release()
      t.deepEqual(new Set(await results), new Set(['acknowledged']))
      await stopped
      await context.until('the connection is closed', () => context.outside.connections === 0)
      const late = await sender.send(context.messages(1))
      t.deepEqual(late, ['lost'])
      t.is(store.stored.length, 3)
    }
  },

  'stop() gives up at its deadline what does not end, and acknowledges nothing of it': {
    run: async context => {
      const { store, t } = context
      const source = await context.started()
      store.hold()
      const results = context.sender().send(context.messages(2))
      await context.until('it is to be appended', () => store.pendingMessages > 0)
      const startMs = performance.now()
      await context.stop(source, 200)
      t.true(performance.now() - startMs < 200 + promptMs)
      t.deepEqual(new Set(await results), new Set(['lost']))
      await context.until('the connection is closed', () => context.outside.connections === 0)
      store.release()
      await context.turns()
      t.deepEqual(context.acknowledged, [])
    }
  },

  'stop() leaves nobody waiting for room': {
    needs: ['many connections'],
    run: async context => {
      const { store, t } = context
      const source = await context.started({ maxBytes: 100_000 })
      store.hold()
      const senders = Array.from({ length: 8 }, () => context.sender())
      const note = 'x'.repeat(40_000)
      const sending = senders.map(sender => sender.send(context.messages(1, { note })))
      await context.until('something is to be appended', () => store.pendingMessages > 0)
      await context.turns()
      await context.stop(source, 100)
      t.false((await Promise.all(sending)).flat().includes('acknowledged'))
      t.true(store.mostPendingBytes <= 100_000)
    }
  }
}
