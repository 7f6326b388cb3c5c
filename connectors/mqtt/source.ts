// The MQTT source: each feed is a session at a broker. What it holds and what each loss costs is in README.md; the way of a
// message goes on in source/subscription.ts, shared/mqtt/subscribe/connection.ts and source/intake.ts.

import { FaultError } from '../../schemas/errors.ts'
import type { Feed, Source, SourceConnection, SourceEnv } from '../connector.ts'
import { shownUrl } from './broker.ts'
import { Subscription } from './source/subscription.ts'
import type { MqttSourceConfig } from './source-config.ts'

type MqttFeed = Feed<MqttSourceConfig>

/** How long messages may take to be stored of a feed that was removed or changed. */
const endMs = 5_000

interface Serving {
  readonly subscription: Subscription
  /** What it was made of. */
  readonly settings: string
}

export class MqttSource implements Source<MqttSourceConfig> {
  readonly #env: SourceEnv
  /** By the broker and the client id, which is the session. */
  #serving: ReadonlyMap<string, Serving>
  /** Of feeds that were removed or changed. */
  readonly #ending = new Set<Subscription>()
  #state: 'waiting' | 'started' | 'stopped' = 'waiting'

  /** Throws `config_invalid` when two feeds would share a session, or for what the schema cannot tell. */
  constructor(feeds: readonly MqttFeed[], env: SourceEnv) {
    this.#env = env
    this.#serving = this.#plan(feeds, new Map())
  }

  /** Begins to connect; a broker that is away is waited for, as long as it takes, and others are served meanwhile. */
  async start(): Promise<void> {
    this.#state = 'started'
    for (const { subscription } of this.#serving.values()) subscription.start()
  }

  /** Rejects with `config_invalid`. */
  async update(feeds: readonly MqttFeed[]): Promise<void> {
    const before = this.#serving
    const next = this.#plan(feeds, before)
    for (const feed of feeds) next.get(sessionOf(feed))?.subscription.renew(feed)
    this.#serving = next
    const isKept = ({ subscription }: Serving) =>
      [...next.values()].some(one => one.subscription === subscription)
    for (const [session, serving] of before) if (!isKept(serving)) this.#end(serving, next.get(session))
    if (this.#state === 'started') for (const { subscription } of next.values()) subscription.start()
  }

  get connections(): SourceConnection[] {
    return [...this.#serving.values()].map(({ subscription }) => subscription.connection)
  }

  /** The brokers keep the sessions, and what comes for them. */
  async stop(deadlineMs: number): Promise<void> {
    this.#state = 'stopped'
    const serving = [...this.#serving.values()].map(({ subscription }) => subscription)
    await Promise.all([...serving, ...this.#ending].map(subscription => subscription.stop(deadlineMs)))
  }

  /** What is under way ends as it began, and nobody waits for it but who goes on with its session. */
  #end({ subscription }: Serving, next: Serving | undefined): void {
    this.#ending.add(subscription)
    const ended = subscription.stop(endMs).finally(() => this.#ending.delete(subscription))
    next?.subscription.succeed(subscription, ended)
  }

  /** What is to be served; feeds that have not changed keep what they have. */
  #plan(feeds: readonly MqttFeed[], before: ReadonlyMap<string, Serving>): Map<string, Serving> {
    const next = new Map<string, Serving>()
    for (const feed of feeds) {
      const session = sessionOf(feed)
      if (next.has(session)) {
        const detail = `two sources would connect to ${shownUrl(feed.config.url)} as ${feed.config.clientId}`
        throw new FaultError('config_invalid', { path: `channels.${feed.channel}.sources`, detail })
      }
      const settings = JSON.stringify([feed.channel, feed.config])
      const known = before.get(session)
      const isSame = known?.settings === settings
      next.set(session, isSame ? known : { subscription: subscriptionOf(feed, this.#env), settings })
    }
    return next
  }
}

/** Throws `config_invalid` with the place of the feed. */
function subscriptionOf(feed: MqttFeed, env: SourceEnv): Subscription {
  try {
    return new Subscription(feed, env)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const { code, detail = 'is not valid', path } = error
    const inside = path === undefined ? '' : `.${path}`
    throw new FaultError(code, {
      path: `channels.${feed.channel}.sources.mqtt${inside}`,
      detail,
      cause: error
    })
  }
}

function sessionOf({ config }: MqttFeed): string {
  return `${config.url} ${config.clientId}`
}
