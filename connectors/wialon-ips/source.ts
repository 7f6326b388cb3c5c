// The Wialon IPS source: a listener for each feed, and a session for each device that connects.

import type { Feed, ListenAddress, Source, SourceEnv } from '../connector.ts'
import { Listeners } from '../shared/tcp/listeners.ts'
import { RefusalLog } from '../shared/tcp/refusal-log.ts'
import { type WialonIpsFeed, wialonIpsFeed } from './source/feed.ts'
import { KeptRecords } from './source/kept.ts'
import { DeviceSession } from './source/session.ts'
import type { WialonIpsSourceConfig } from './source-config.ts'

export class WialonIpsSource implements Source<WialonIpsSourceConfig> {
  readonly #listeners: Listeners<WialonIpsFeed>

  /** Throws a FaultError `config_invalid` or `wialon_ips_source_unguarded`. */
  constructor(feeds: readonly Feed<WialonIpsSourceConfig>[], env: SourceEnv) {
    const parts = { env, refusals: new RefusalLog(env), kept: new KeptRecords() }
    this.#listeners = new Listeners({
      kind: 'wialonIps',
      env,
      feeds: feeds.map(wialonIpsFeed),
      serve: (socket, door) => {
        const session = new DeviceSession(socket, door, parts)
        void session.serve()
        return session
      }
    })
  }

  /** Where it listens, in the order of the feeds. */
  get ports(): readonly number[] {
    return this.#listeners.ports
  }

  /** Rejects with `listen_failed`. */
  async start(): Promise<void> {
    await this.#listeners.start()
  }

  /** Where it listens is in the settings of each feed. Rejects with `listen_failed` or `config_invalid`. */
  async update(feeds: readonly Feed<WialonIpsSourceConfig>[], _listen: ListenAddress): Promise<void> {
    await this.#listeners.serve(feeds.map(wialonIpsFeed))
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.#listeners.stop(deadlineMs)
  }
}
