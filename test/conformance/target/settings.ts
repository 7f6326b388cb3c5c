// The target contract, first part: what is configured. With everything right messages arrive; with one thing wrong the
// outcome says so, in words that name what was tried and a hint that tells how to mend it.

import { authority, wrongCredential } from '../fleet.ts'
import type { Behaviours } from '../target.ts'
import { withServer } from './stranger.ts'

export const settingBehaviours: Behaviours = {
  'with the right settings it opens, and a batch is delivered': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const messages = context.messages(3, { devices: 2 })
      const outcomes = await context.deliver(target, messages)
      context.t.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['delivered', 'delivered', 'delivered']
      )
      context.arrivedInOrder(double, target, messages)
      context.t.true(target.limits.maxMessages >= 1 && target.limits.batchesInFlight >= 1)
    }
  },

  'once open() has resolved, a connection stands': {
    needs: ['greeting', 'early connection'],
    run: async context => {
      const double = await context.double()
      await context.opened(double)
      context.t.true(double.connections >= 1)
    }
  },

  'messages arrive with the very bytes that they have in Kafka': {
    needs: ['verbatim'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const messages = context.messages(4, { note: 'Łódź \\u0000 "1.0" 🚚' })
      await context.deliver(target, messages)
      context.t.deepEqual(
        double.received().map(bytes => bytes.toString()),
        messages.map(message => message.value().toString())
      )
    }
  },

  'a port where nobody listens means unsent, and the port is named': {
    run: async context => {
      const double = await context.double()
      await double.stop()
      const failure = context.fails(await context.attempt(double), { kind: 'unsent', helps: true })
      context.t.regex(failure.detail, new RegExp(`${double.port}`))
    }
  },

  'a host that does not exist means unsent, and the host is named': {
    run: async context => {
      const outcome = await context.attempt({ host: 'no-such-host.invalid', port: 9 })
      const failure = context.fails(outcome, { kind: 'unsent', helps: true })
      context.t.regex(failure.detail, /no-such-host\.invalid/)
    }
  },

  'a server that speaks something else is no reason to set messages aside': {
    run: context =>
      withServer(
        socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
        async address => {
          const outcome = await context.attempt(address, { timeoutMs: 500 })
          const kind = context.has('greeting') ? 'unsent' : 'unknown'
          context.fails(outcome, { kind, helps: true })
        }
      )
  },

  'a server that accepts and says nothing at all is given up on time': {
    run: context =>
      withServer(
        () => {},
        async address => {
          const startMs = performance.now()
          const outcome = await context.attempt(address, { timeoutMs: 300 })
          const tookMs = performance.now() - startMs
          const kind = context.has('greeting') ? 'unsent' : 'unknown'
          context.fails(outcome, { kind, helps: true })
          context.t.true(tookMs >= 290 && tookMs < 2_000, `${tookMs}`)
        }
      )
  },

  'a place that the server refuses means halt': {
    needs: ['address'],
    run: async context => {
      const double = await context.double()
      double.order({ kind: 'refuse address' })
      context.fails(await context.attempt(double), { kind: 'halt', helps: true })
    }
  },

  'wrong credentials mean halt, and are not repeated in what is said': {
    needs: ['credentials'],
    run: async context => {
      const double = await context.double()
      const outcome = await context.attempt(double, { credential: wrongCredential })
      context.fails(outcome, { kind: 'halt', helps: true })
      context.t.deepEqual(double.confirmed(), [])
      const right = await context.opened(double)
      context.t.is((await context.deliverOne(right)).kind, 'delivered')
    }
  },

  'over TLS with an authority of its own a batch is delivered': {
    needs: ['tls'],
    run: async context => {
      const double = await context.double({ tls: true })
      const outcome = await context.attempt(double, { tls: { ca: authority } })
      context.t.is(outcome.kind, 'delivered')
    }
  },

  'a certificate for another name means unsent': {
    needs: ['tls'],
    run: async context => {
      const double = await context.double({ tls: true })
      const outcome = await context.attempt(double, { tls: { ca: authority, servername: 'other.example' } })
      const failure = context.fails(outcome, { kind: 'unsent', helps: true })
      context.t.regex(failure.detail, /other\.example/)
      context.t.deepEqual(double.received(), [])
    }
  },

  'a certificate that nobody vouches for means unsent': {
    needs: ['tls'],
    run: async context => {
      const double = await context.double({ tls: true })
      context.fails(await context.attempt(double, { tls: {} }), { kind: 'unsent', helps: true })
      context.t.deepEqual(double.received(), [])
    }
  },

  'TLS to a port without TLS means unsent': {
    needs: ['tls'],
    run: async context => {
      const double = await context.double()
      const outcome = await context.attempt(double, { tls: { ca: authority }, timeoutMs: 500 })
      context.fails(outcome, { kind: 'unsent', helps: true })
      context.t.deepEqual(double.received(), [])
    }
  }
}
