// The target contract, last part: giving up. A signal or close() ends what is under way at once, with an outcome that
// tells whether anything may have been sent, and leaves nothing open; TargetCase looks at that after every behaviour.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'
import { authority } from '../fleet.ts'
import type { Behaviours } from '../target.ts'
import { withServer } from './stranger.ts'

const promptMs = 500

export const closingBehaviours: Behaviours = {
  'after a signal that has fired already nothing is sent': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const outcome = await context.deliverOne(target, AbortSignal.abort())
      context.fails(outcome, { kind: 'unsent' })
      await context.persist(target, context.messages(1))
      context.t.is(double.received().length, 1)
    }
  },

  'a signal ends the wait for an answer at once, as unknown': {
    needs: ['hang'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'hang' })
      const abort = new AbortController()
      const messages = context.messages(3)
      const attempt = context.deliver(target, messages, abort.signal)
      await context.until('the batch arrived', () => double.received().length === 3)
      const startMs = performance.now()
      abort.abort(new FaultError('attempt_timeout'))
      for (const outcome of await attempt) context.fails(outcome, { kind: 'unknown' })
      context.t.true(performance.now() - startMs < promptMs)
      double.order({ kind: 'confirm' })
      await context.persist(target, messages)
    }
  },

  'a signal ends the opening of a connection at once, as unsent': {
    needs: ['tls'],
    run: async context => {
      const abort = new AbortController()
      let startMs = 0
      const accepted = (socket: Socket) => {
        // Its first bytes are those of a handshake, which stays without an answer.
        socket.once('data', () => {
          startMs = performance.now()
          abort.abort()
        })
      }
      await withServer(accepted, async address => {
        const target = await context.target(address, { tls: { ca: authority } })
        const failure =
          (await context.open(target, abort.signal)) ?? (await context.deliverOne(target, abort.signal))
        context.fails(failure, { kind: 'unsent' })
        context.t.true(startMs > 0 && performance.now() - startMs < promptMs)
      })
    }
  },

  'close() while batches are on their way settles them and leaves no connection': {
    needs: ['hang'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'hang' })
      const batches = Math.min(4, target.limits.batchesInFlight)
      const attempts = Array.from({ length: batches }, () => context.deliver(target, context.messages(2)))
      await context.until('all batches arrived', () => double.received().length === 2 * batches)
      const startMs = performance.now()
      await context.close(target)
      for (const outcome of (await Promise.all(attempts)).flat()) context.fails(outcome, { kind: 'unknown' })
      context.t.true(performance.now() - startMs < promptMs)
      await context.until('the connections are closed', () => double.connections === 0)
    }
  },

  'close() while a connection is being opened settles what waits for it': {
    needs: ['tls'],
    run: async context => {
      let reached: (socket: Socket) => void = () => {}
      const handshake = new Promise<Socket>(resolve => {
        reached = resolve
      })
      await withServer(
        socket => void socket.once('data', () => reached(socket)),
        async address => {
          const target = await context.target(address, { tls: { ca: authority } })
          const attempt = context.open(target).then(failure => failure ?? context.deliverOne(target))
          const socket = await handshake
          const closed = once(socket, 'close')
          const startMs = performance.now()
          await context.close(target)
          context.fails(await attempt, { kind: 'unsent' })
          await closed
          context.t.true(performance.now() - startMs < promptMs)
        }
      )
    }
  },

  'close() without open() is no error': {
    run: async context => {
      const target = await context.target(await context.double())
      await context.close(target)
      context.t.pass()
    }
  }
}
