// Joins the sources of all channels to the log: what a source appends becomes records of its channel's topic. One
// source of each kind serves every channel that uses it.

import type {
  Append,
  Feed,
  ListenAddress,
  SetAside,
  Source,
  SourceConnection,
  SourceDefinition,
  SourceEnv,
  SourceMeter
} from '../../connectors/connector.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import type { ChannelConfig } from '../../schemas/config.ts'
import type { ErrorCode } from '../../schemas/errors.ts'
import type { Tracing } from '../tracing/tracer.ts'
import { ChannelLetters } from './set-aside.ts'
import { tracedAppend } from './traced-append.ts'

export type Channels = Readonly<Record<string, ChannelConfig>>

export interface IngestMeter extends SourceMeter {
  /** So many things that could not be read are among the dead letters of the channel. */
  setAside(channel: string, code: ErrorCode, count: number): void
}

export interface IngestParts {
  /** The kinds of source that channels may name. */
  readonly sources: readonly SourceDefinition[]
  readonly producer: Pick<LogProducer, 'append'>
  readonly env: Omit<SourceEnv, 'listen'> & { readonly meter: IngestMeter }
  /** Unset: nothing is traced. */
  readonly tracing?: Tracing | undefined
}

/** A connection and the kind of its source. */
export interface NamedConnection extends SourceConnection {
  readonly kind: string
}

/** How long requests may take to end that came to a source whose last channel was removed. */
const endMs = 5_000

/** All sources of this process. */
export class Ingest {
  readonly #parts: IngestParts
  readonly #running = new Map<SourceDefinition, Source>()
  /** Of channels that have set something aside. */
  readonly #letters = new Map<string, ChannelLetters>()
  #channels: Channels = {}
  #listen: ListenAddress | null = null

  constructor(parts: IngestParts) {
    this.#parts = parts
  }

  /**
   * Receives for these channels and no others from now on, as `listen` says where: starts the sources that are needed for the first time, lets
   * the others know, and stops those that none needs any more. When one cannot, it rejects with its FaultError, and all
   * is as it was before.
   */
  async serve(channels: Channels, listen: ListenAddress): Promise<void> {
    const before = new Map(this.#running)
    try {
      for (const definition of this.#parts.sources) await this.#serve(definition, channels, listen)
    } catch (error) {
      await this.#undo(before)
      throw error
    }
    this.#channels = channels
    this.#listen = listen
    for (const definition of this.#parts.sources)
      if (this.#feeds(definition, channels).length === 0) await this.#end(definition, endMs)
  }

  /** How the connections are that sources keep. */
  get connections(): NamedConnection[] {
    return [...this.#running].flatMap(([{ kind }, { connections = [] }]) =>
      connections.map(connection => ({ kind, ...connection }))
    )
  }

  /** Close the producer afterwards, not before: requests that are still running wait for it. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all([...this.#running.keys()].map(definition => this.#end(definition, deadlineMs)))
    for (const letters of this.#letters.values()) letters.close()
  }

  async #serve(definition: SourceDefinition, channels: Channels, listen: ListenAddress): Promise<void> {
    const feeds = this.#feeds(definition, channels)
    const running = this.#running.get(definition)
    if (running !== undefined) await running.update(feeds, listen)
    else if (feeds.length > 0) {
      const source = await definition.create(feeds, { ...this.#parts.env, listen })
      this.#running.set(definition, source)
      await source.start()
    }
  }

  async #undo(before: ReadonlyMap<SourceDefinition, Source>): Promise<void> {
    for (const definition of [...this.#running.keys()]) {
      const source = before.get(definition)
      if (source === undefined || this.#listen === null) await this.#end(definition, 0)
      else await source.update(this.#feeds(definition, this.#channels), this.#listen)
    }
  }

  async #end(definition: SourceDefinition, deadlineMs: number): Promise<void> {
    const source = this.#running.get(definition)
    this.#running.delete(definition)
    await source?.stop(deadlineMs)
  }

  #feeds({ kind }: SourceDefinition, channels: Channels): Feed<unknown>[] {
    return Object.entries(channels).flatMap(([channel, { topic, sources, deadLetters }]) => {
      const append = this.#appendTo(channel, topic)
      const setAside: SetAside = broken => this.#lettersOf(channel).put(deadLetters.topic, broken)
      return sources.flatMap(source =>
        kind in source ? [{ channel, config: source[kind], append, setAside }] : []
      )
    })
  }

  #appendTo(channel: string, topic: string): Append {
    const { producer, tracing } = this.#parts
    if (tracing === undefined) return messages => producer.append(topic, messages) // Invariant 6: resolves with acks=all
    const parts = { producer, tracing, channel, topic }
    return (messages, traceparent) => tracedAppend(messages, traceparent, parts)
  }

  #lettersOf(channel: string): ChannelLetters {
    const known = this.#letters.get(channel)
    if (known !== undefined) return known
    const { env, producer } = this.#parts
    const { clock, log, meter } = env
    const letters = new ChannelLetters({ channel, producer, clock, log, count: meter.setAside })
    this.#letters.set(channel, letters)
    return letters
  }
}
