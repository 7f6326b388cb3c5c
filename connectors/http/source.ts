// The HTTP source: one listener for all channels that messages are POSTed to. The protocol, its limits and its
// answers are in README.md; a request's way goes on in source/app.ts and source/intake.ts.

import { FaultError } from '../../schemas/errors.ts'
import type { Feed, ListenAddress, Source, SourceEnv } from '../connector.ts'
import { type App, createApp } from './source/app.ts'
import { Deadlines } from './source/body/deadlines.ts'
import type { HttpSourceConfig } from './source/config.ts'
import { Intake } from './source/intake.ts'
import { assertGuarded } from './source/senders/guard.ts'
import { Paces } from './source/senders/pace.ts'
import { defaultTimings, type Timings } from './source/timings.ts'

export class HttpSource implements Source<HttpSourceConfig> {
  readonly #env: SourceEnv
  readonly #timings: Timings
  readonly #paces: Paces
  readonly #deadlines: Deadlines
  readonly #app: App
  #feeds: readonly Feed<HttpSourceConfig>[]
  #intakes: ReadonlyMap<string, Intake>
  #stopping = false

  /** Throws `config_invalid` when a channel has two HTTP sources, or something in it or in `listen.tls` cannot be used. */
  constructor(feeds: readonly Feed<HttpSourceConfig>[], env: SourceEnv, timings = defaultTimings) {
    this.#env = env
    this.#timings = timings
    this.#paces = new Paces(env.clock)
    this.#deadlines = new Deadlines(env.clock, timings.checkIntervalMs)
    this.#feeds = feeds
    this.#intakes = this.#open(feeds)
    this.#app = createApp({
      intake: channel => this.#intakes.get(channel),
      env,
      timings,
      isStopping: () => this.#stopping
    })
  }

  /** The port it listens on; 0 before start(). */
  get port(): number {
    return this.#app.server.port
  }

  /** Rejects with `source_unguarded` or `listen_failed`. */
  async start(): Promise<void> {
    const { listen, log } = this.#env
    const { routes, server } = this.#app
    assertGuarded(this.#feeds, listen)
    await routes.ready()
    await server.listen()
    log('listener_opened', {
      kind: 'http',
      host: listen.host,
      port: this.port,
      tls: listen.tls !== undefined
    })
  }

  /** Rejects with `source_unguarded` or `config_invalid`. */
  async update(feeds: readonly Feed<HttpSourceConfig>[], listen: ListenAddress): Promise<void> {
    assertGuarded(feeds, listen)
    const intakes = this.#open(feeds)
    this.#app.server.renew(listen.tls)
    this.#intakes = intakes
    this.#feeds = feeds
  }

  /** Idle connections close at once, the others with their answer, and at the deadline all that are left. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    await this.#app.server.close(deadlineMs)
    await this.#app.routes.close()
    this.#deadlines.stop()
  }

  #open(feeds: readonly Feed<HttpSourceConfig>[]): Map<string, Intake> {
    const intakes = new Map<string, Intake>()
    const [env, timings] = [this.#env, this.#timings]
    const parts = { env, timings, paces: this.#paces, deadlines: this.#deadlines }
    for (const feed of feeds) {
      if (intakes.has(feed.channel)) {
        const path = `channels.${feed.channel}.sources`
        throw new FaultError('config_invalid', { path, detail: 'a channel has at most one http source' })
      }
      intakes.set(feed.channel, new Intake(feed, parts))
    }
    return intakes
  }
}
