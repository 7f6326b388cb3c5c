// The HTTP source: one listener for all channels that messages are POSTed to. The protocol, its limits and its
// answers are in README.md; a request's way goes on in source/app.ts and source/intake.ts.

import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { Feed, Source, SourceEnv } from '../connector.ts'
import { createApp, defaultTimings } from './source/app.ts'
import { ByteBudget } from './source/budget.ts'
import type { HttpSourceConfig } from './source/config.ts'
import { assertGuarded } from './source/guard.ts'
import { Intake } from './source/intake.ts'

export class HttpSource implements Source<HttpSourceConfig> {
  readonly #env: SourceEnv
  /** A sender whose body does not fit beside the others' is told to come back. */
  readonly #budget: ByteBudget
  readonly #app: FastifyInstance
  readonly #sockets = new Set<Socket>()
  #feeds: readonly Feed<HttpSourceConfig>[]
  #intakes: ReadonlyMap<string, Intake>
  #stopping = false

  /** Throws `config_invalid` when a channel has two HTTP sources. */
  constructor(feeds: readonly Feed<HttpSourceConfig>[], env: SourceEnv, timings = defaultTimings) {
    this.#env = env
    this.#budget = new ByteBudget(env.maxBytes)
    this.#feeds = feeds
    this.#intakes = this.#open(feeds)
    this.#app = createApp({
      intake: channel => this.#intakes.get(channel),
      env,
      timings,
      isStopping: () => this.#stopping
    })
    this.#app.server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** The port it listens on; 0 before start(). */
  get port(): number {
    return addressOf(this.#app)?.port ?? 0
  }

  /** Rejects with `source_unguarded` or `listen_failed`. */
  async start(): Promise<void> {
    const { host, port } = this.#env.listen
    assertGuarded(this.#feeds, host)
    await this.#app.ready()
    const { server } = this.#app
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: Error) => {
        reject(new FaultError('listen_failed', { path: `${host}:${port}`, detail: messageOf(cause), cause }))
      }
      server.once('error', fail)
      server.listen({ host, port }, () => {
        server.off('error', fail)
        resolve()
      })
    })
    this.#env.log('listener_opened', { kind: 'http', host, port: this.port })
  }

  /** Rejects with `source_unguarded` or `config_invalid`. */
  async update(feeds: readonly Feed<HttpSourceConfig>[]): Promise<void> {
    assertGuarded(feeds, this.#env.listen.host)
    this.#intakes = this.#open(feeds)
    this.#feeds = feeds
  }

  /** Idle connections close at once, the others with their answer, and at the deadline all that are left. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    const { server } = this.#app
    if (server.listening) {
      const cancel = this.#env.clock.after(deadlineMs, () => server.closeAllConnections())
      const closed = new Promise(resolve => server.close(resolve))
      // Node does not take a connection for idle that has not sent anything yet, and would wait for it.
      for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
      await closed
      cancel()
    }
    await this.#app.close()
  }

  #open(feeds: readonly Feed<HttpSourceConfig>[]): Map<string, Intake> {
    const intakes = new Map<string, Intake>()
    for (const feed of feeds) {
      if (intakes.has(feed.channel)) {
        const path = `channels.${feed.channel}.sources`
        throw new FaultError('config_invalid', { path, detail: 'a channel has at most one http source' })
      }
      intakes.set(feed.channel, new Intake(feed, this.#env, this.#budget))
    }
    return intakes
  }
}

function addressOf(app: FastifyInstance): AddressInfo | null {
  const address = app.server.address()
  return typeof address === 'object' ? address : null
}
