// The listeners of a source that has an address of its own for each feed, over changes of the configuration: an
// address that stays keeps its listener and its connections, and learns what is new of its feed.

import type { Socket } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'
import type { Feed, SourceEnv } from '../../connector.ts'
import { Listener, type ListenerLimits, type Session } from './listener.ts'
import { RefusalLog } from './refusal-log.ts'

/** What the configuration of a feed must say. */
export interface ListenConfig extends ListenerLimits {
  readonly host: string
  readonly port: number
}

/** A listener, as its sessions see it. */
export interface Door<F> {
  /** The feed of now: it may change while a connection is open. */
  readonly feed: F
}

interface Open<F> {
  feed: F
  readonly listener: Listener
}

export interface ListenersOptions<F> {
  /** The kind of source, for logs and the paths of mistakes. */
  readonly kind: string
  readonly env: SourceEnv
  /** What is served from start() on. */
  readonly feeds: readonly F[]
  serve(socket: Socket, door: Door<F>): Session
}

/** How long senders may take to hear what they wait for whose listener was removed. */
const endMs = 5_000

export class Listeners<F extends Feed<ListenConfig>> {
  readonly #options: ListenersOptions<F>
  readonly #refusals: RefusalLog
  #open = new Map<string, Open<F>>()
  /** Those that were removed and have connections still. */
  readonly #ending = new Set<Listener>()

  /** Throws `config_invalid` when two feeds would listen on the same address. */
  constructor(options: ListenersOptions<F>) {
    byAddress(options.feeds)
    this.#options = options
    this.#refusals = new RefusalLog(options.env)
  }

  /** The ports, in the order of the feeds. */
  get ports(): number[] {
    return [...this.#open.values()].map(({ listener }) => listener.port)
  }

  /** How many connections are open. */
  get connections(): number {
    return [...this.#open.values()].reduce((sum, { listener }) => sum + listener.connections, 0)
  }

  /** Rejects with `listen_failed`. */
  async start(): Promise<void> {
    await this.serve(this.#options.feeds)
  }

  /**
   * Serves these feeds and no others. Rejects with `config_invalid` or `listen_failed`, and then nothing has changed.
   */
  async serve(feeds: readonly F[]): Promise<void> {
    const wanted = byAddress(feeds)
    const opened = await this.#openMissing(wanted)
    const gone = [...this.#open].filter(([key]) => !wanted.has(key))
    const next = new Map<string, Open<F>>()
    for (const [key, feed] of wanted) {
      const open = opened.get(key) ?? this.#open.get(key)
      if (open === undefined) throw new FaultError('internal', { detail: `no listener ${key}` })
      open.feed = feed
      open.listener.renew(feed.config)
      next.set(key, open)
    }
    this.#open = next
    // What they have begun ends as it began, and nobody waits for that.
    for (const [, { listener }] of gone) this.#end(listener)
  }

  /** Lets what was received be answered within `deadlineMs`, and closes every socket. */
  async stop(deadlineMs: number): Promise<void> {
    const listeners = [...this.#ending, ...[...this.#open.values()].map(({ listener }) => listener)]
    await Promise.all(listeners.map(listener => listener.stop(deadlineMs)))
  }

  #end(listener: Listener): void {
    this.#ending.add(listener)
    void listener.stop(endMs).then(() => this.#ending.delete(listener))
  }

  /** All of them or none. */
  async #openMissing(wanted: ReadonlyMap<string, F>): Promise<Map<string, Open<F>>> {
    const opened = new Map<string, Open<F>>()
    const gone = [...this.#open].flatMap(([key, open]) => (wanted.has(key) ? [] : [open]))
    const left: Open<F>[] = []
    try {
      for (const [key, feed] of wanted)
        if (!this.#open.has(key)) opened.set(key, await this.#startInPlaceOf(gone, feed, left))
    } catch (error) {
      await Promise.all([...opened.values()].map(({ listener }) => listener.stop(0)))
      for (const { listener } of left) await listener.start()
      throw error
    }
    return opened
  }

  /** One that is going may stand in the way, as 127.0.0.1 does of 0.0.0.0: then it leaves first, and `left` knows of it. */
  async #startInPlaceOf(gone: readonly Open<F>[], feed: F, left: Open<F>[]): Promise<Open<F>> {
    try {
      return await this.#start(feed)
    } catch (error) {
      const inTheWay = gone.filter(open => open.feed.config.port === feed.config.port && !left.includes(open))
      if (inTheWay.length === 0) throw error
      for (const open of inTheWay) open.listener.leave()
      left.push(...inTheWay)
      return this.#start(feed)
    }
  }

  async #start(feed: F): Promise<Open<F>> {
    const { kind, env, serve } = this.#options
    const { host } = feed.config
    const listener = new Listener({
      ...feed.config,
      path: `channels.${feed.channel}.sources.${kind}`,
      clock: env.clock,
      serve: socket => serve(socket, open),
      onCrowded: from =>
        this.#refusals.refused(open.feed.channel, from, new FaultError('connections_exceeded'))
    })
    const open = { feed, listener }
    await listener.start()
    env.log('listener_opened', { kind, channel: feed.channel, host, port: listener.port, tls: false })
    return open
  }
}

/** Throws `config_invalid` when two of them would listen on the same address. */
function byAddress<F extends Feed<ListenConfig>>(feeds: readonly F[]): Map<string, F> {
  const wanted = new Map<string, F>()
  for (const feed of feeds) {
    const { host, port } = feed.config
    const key = port === 0 ? `a free port for ${feed.channel}` : `${host} port ${port}`
    if (wanted.has(key)) {
      const path = `channels.${feed.channel}.sources`
      throw new FaultError('config_invalid', { path, detail: `${key} is listened on already` })
    }
    wanted.set(key, feed)
  }
  return wanted
}
