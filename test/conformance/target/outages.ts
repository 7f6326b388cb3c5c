// The target contract, second part: servers that go away, hang, answer late or only in part. Whether anything may have
// arrived decides between unsent and unknown, and once the server is well again everything is delivered.

import type { Behaviours } from '../target.ts'

export const outageBehaviours: Behaviours = {
  'while the server is gone attempts end as unsent, and delivery goes on when it is back': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      await context.persist(target, context.messages(1))
      await double.stop()
      const waiting = context.messages(2)
      // What is written on a connection that was cut a moment ago counts as unknown; that cannot happen twice.
      const first = await context.deliver(target, waiting)
      for (const outcome of first) context.t.true(outcome.kind === 'unsent' || outcome.kind === 'unknown')
      for (const outcome of await context.deliver(target, waiting)) {
        context.fails(outcome, { kind: 'unsent', helps: true })
      }
      await double.start()
      await context.persist(target, waiting)
      context.t.is(double.confirmed().length, 3)
    }
  },

  'a server that is down at the start is found as soon as it is up': {
    run: async context => {
      const double = await context.double()
      await double.stop()
      const target = await context.target(double)
      const failure = (await context.open(target)) ?? (await context.deliverOne(target))
      context.fails(failure, { kind: 'unsent', helps: true })
      await double.start()
      // The engine calls open() again until it has opened once.
      context.t.is(await context.open(target), null)
      await context.persist(target, context.messages(1))
    }
  },

  'a connection that breaks in the middle of a batch means unknown for what was sent': {
    needs: ['drop'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'drop', afterMessages: 2 })
      const messages = context.messages(4)
      const outcomes = await context.deliver(target, messages)
      for (const outcome of outcomes.slice(0, 2)) context.fails(outcome, { kind: 'unknown' })
      for (const outcome of outcomes) context.t.true(outcome.kind === 'unsent' || outcome.kind === 'unknown')
      double.order({ kind: 'confirm' })
      await context.persist(target, messages)
      context.t.deepEqual(context.ids(double.confirmed()), context.idsOf(messages))
    }
  },

  'a connection that breaks between two batches costs nothing but an attempt': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const [before, after] = [context.messages(3), context.messages(3)]
      await context.persist(target, before)
      double.cut()
      await context.persist(target, after)
      context.t.deepEqual([...new Set(context.ids(double.received()))], context.idsOf([...before, ...after]))
    }
  },

  'messages that are taken and never answered are unknown, on time': {
    needs: ['hang'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double, { timeoutMs: 300 })
      double.order({ kind: 'hang' })
      const messages = context.messages(3, { devices: 3 })
      const startMs = performance.now()
      const outcomes = await context.deliver(target, messages)
      const tookMs = performance.now() - startMs
      for (const outcome of outcomes) context.fails(outcome, { kind: 'unknown', helps: true })
      context.t.true(tookMs >= 290 && tookMs < 2_000, `${tookMs}`)
      double.order({ kind: 'confirm' })
      await context.persist(target, messages)
    }
  },

  'a late confirmation is waited for': {
    needs: ['late'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'confirm', afterMs: 300 })
      const startMs = performance.now()
      context.t.is((await context.deliverOne(target)).kind, 'delivered')
      context.t.true(performance.now() - startMs >= 290)
    }
  },

  'a confirmation that comes too late counts for nothing that was sent after it': {
    needs: ['late', 'hang'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double, { timeoutMs: 400 })
      double.order({ kind: 'confirm', afterMs: 600 })
      context.fails(await context.deliverOne(target), { kind: 'unknown' })
      double.order({ kind: 'hang' })
      const next = await context.deliverOne(target)
      context.t.true(next.kind === 'unknown' || next.kind === 'unsent', next.kind)
      await context.until('the late confirmation was given', () => double.confirmed().length === 1)
    }
  },

  'of a batch that is confirmed in part nothing else counts as delivered': {
    needs: ['part'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'part', messages: 2 })
      const messages = context.messages(4)
      const outcomes = await context.deliver(target, messages)
      const kinds = outcomes.map(({ kind }) => kind)
      for (const kind of kinds.slice(2)) context.t.true(kind === 'unknown' || kind === 'unsent', kind)
      for (const kind of kinds.slice(0, 2)) context.t.true(kind === 'delivered' || kind === 'unknown', kind)
      double.order({ kind: 'confirm' })
      await context.persist(
        target,
        messages.filter((_, at) => kinds[at] !== 'delivered')
      )
    }
  }
}
