// The target contract, third part: what a server that is well answers when it does not want messages. A refusal for
// good concerns the message only; a request for patience is passed on at once, never waited out by the connector.

import type { Behaviours } from '../target.ts'

const promptMs = 2_000

export const answerBehaviours: Behaviours = {
  'a message that is refused for good is rejected, with the reason': {
    needs: ['refusal'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const messages = context.messages(1)
      double.order({ kind: 'refuse', id: context.idsOf(messages).join() })
      const [outcome] = await context.deliver(target, messages)
      const failure = context.fails(outcome, { kind: 'reject', helps: true })
      context.t.not(failure.detail, '')
      await context.persist(target, context.messages(2))
    }
  },

  'one refused message among others is rejected alone, or with its whole batch': {
    needs: ['refusal'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const messages = context.messages(4, { devices: 4 })
      double.order({ kind: 'refuse', id: context.idsOf(messages)[2] ?? '' })
      const outcomes = await context.deliver(target, messages)
      context.fails(outcomes[2], { kind: 'reject' })
      const kinds = outcomes.map(({ kind }) => kind)
      const alone = ['delivered', 'delivered', 'reject', 'delivered']
      // As a whole: then the engine bisects, and the others are delivered.
      const whole = kinds.every(kind => kind === 'reject') && double.confirmed().length === 0
      if (!whole) context.t.deepEqual(kinds, alone)
      await context.persist(
        target,
        messages.filter((_, at) => at !== 2 && kinds[at] !== 'delivered')
      )
      context.t.is(double.confirmed().length, 3)
    }
  },

  'a server that asks to send less often is tried again later': {
    needs: ['throttle'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'throttle' })
      const messages = context.messages(2)
      const startMs = performance.now()
      const outcomes = await context.deliver(target, messages)
      context.t.true(performance.now() - startMs < promptMs)
      for (const outcome of outcomes) {
        const failure = context.fails(outcome, { kind: 'retry', helps: true })
        context.t.is(failure.retryAfterMs, undefined)
      }
      double.order({ kind: 'confirm' })
      await context.persist(target, messages)
    }
  },

  'the time that a server asks for is passed on': {
    needs: ['throttle', 'throttle with time'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'throttle', waitMs: 7_000 })
      const startMs = performance.now()
      const failure = context.fails(await context.deliverOne(target), { kind: 'retry', helps: true })
      context.t.true(performance.now() - startMs < promptMs)
      context.t.is(failure.retryAfterMs, 7_000)
    }
  },

  'a message that is too large is rejected, and the next one is delivered': {
    needs: ['size limit'],
    run: async context => {
      const double = await context.double()
      double.order({ kind: 'limit', maxBytes: 2_000 })
      const target = await context.opened(double)
      const [outcome] = await context.deliver(target, context.messages(1, { note: 'x'.repeat(4_000) }))
      context.fails(outcome, { kind: 'reject', helps: true })
      await context.persist(target, context.messages(1))
    }
  }
}
