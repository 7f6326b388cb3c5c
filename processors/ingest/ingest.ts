// Joins the sources of all channels to the log: what a source appends becomes records of its channel's topic. One
// source of each kind serves every channel that uses it.

import type {
  Append,
  Feed,
  ListenAddress,
  Source,
  SourceDefinition,
  SourceEnv
} from '../../connectors/connector.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import type { ChannelConfig } from '../../schemas/config.ts'

export type Channels = Readonly<Record<string, ChannelConfig>>

export interface IngestParts {
  /** The kinds of source that channels may name. */
  readonly sources: readonly SourceDefinition[]
  readonly producer: Pick<LogProducer, 'append'>
  readonly env: Omit<SourceEnv, 'listen'>
}

/** How long requests may take to end that came to a source whose last channel was removed. */
const endMs = 5_000

/** All sources of this process. */
export class Ingest {
  readonly #parts: IngestParts
  readonly #running = new Map<SourceDefinition, Source>()
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

  /** Close the producer afterwards, not before: requests that are still running wait for it. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all([...this.#running.keys()].map(definition => this.#end(definition, deadlineMs)))
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
    return Object.entries(channels).flatMap(([channel, { topic, sources }]) => {
      const append: Append = messages => this.#parts.producer.append(topic, messages) // Invariant 6: resolves with acks=all
      return sources.flatMap(source => (kind in source ? [{ channel, config: source[kind], append }] : []))
    })
  }
}
