// The Wialon Retranslator source: a listener for each feed, and a session for each sender that connects.

import type { Socket } from 'node:net'
import { FaultError } from '../../schemas/errors.ts'
import type { Feed, ListenAddress, Source, SourceEnv } from '../connector.ts'
import { addressOf, type Session } from '../shared/tcp/listener.ts'
import { type Door, Listeners } from '../shared/tcp/listeners.ts'
import { RefusalLog } from '../shared/tcp/refusal-log.ts'
import { type WialonFeed, wialonFeed } from './source/feed.ts'
import { PacketSession } from './source/session.ts'
import type { WialonSourceConfig } from './source-config.ts'

export class WialonSource implements Source<WialonSourceConfig> {
  readonly #env: SourceEnv
  readonly #refusals: RefusalLog
  readonly #listeners: Listeners<WialonFeed>

  /** Throws a FaultError `config_invalid` or `wialon_source_unguarded`. */
  constructor(feeds: readonly Feed<WialonSourceConfig>[], env: SourceEnv) {
    this.#env = env
    this.#refusals = new RefusalLog(env)
    const serve = (socket: Socket, door: Door<WialonFeed>) => this.#welcome(socket, door)
    this.#listeners = new Listeners({
      kind: 'wialon',
      env,
      feeds: feeds.map(feed => wialonFeed(feed, env)),
      serve
    })
  }

  /** Rejects with `listen_failed`. */
  async start(): Promise<void> {
    await this.#listeners.start()
  }

  /** Where it listens is in the settings of each feed. Rejects with `listen_failed` or `config_invalid`. */
  async update(feeds: readonly Feed<WialonSourceConfig>[], _listen: ListenAddress): Promise<void> {
    await this.#listeners.serve(feeds.map(feed => wialonFeed(feed, this.#env)))
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.#listeners.stop(deadlineMs)
  }

  #welcome(socket: Socket, door: Door<WialonFeed>): Session {
    const { channel, admits } = door.feed
    if (admits(socket.remoteAddress ?? '')) {
      const session = new PacketSession(socket, door, { env: this.#env, refusals: this.#refusals })
      void session.serve()
      return session
    }
    this.#refusals.refused(channel, addressOf(socket), new FaultError('wialon_sender_refused'))
    socket.destroy()
    return { isBusy: false, finish: () => {}, renewed: () => {} }
  }
}
