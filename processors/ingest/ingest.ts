// Joins the sources of all channels to the log: what a source appends becomes records of its channel's topic. One
// source of each kind serves every channel that uses it.

import type { Append, Feed, Source, SourceDefinition, SourceEnv } from '../../connectors/connector.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import type { ChannelConfig } from '../../schemas/config.ts'

export interface IngestOptions {
  readonly channels: Readonly<Record<string, ChannelConfig>>
  /** The kinds of source that channels may name. */
  readonly sources: readonly SourceDefinition[]
  readonly producer: Pick<LogProducer, 'append'>
  readonly env: SourceEnv
}

/** All sources of this process. */
export class Ingest {
  readonly #sources: readonly Source[]

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  /** Begins to receive on all of them or, when one cannot, on none: rejects with its FaultError. */
  async start(): Promise<void> {
    try {
      for (const source of this.#sources) await source.start()
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /** Close the producer afterwards, not before: requests that are still running wait for it. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#sources.map(source => source.stop(deadlineMs)))
  }
}

/** Creates the sources that the channels name. Receives nothing before start(). */
export async function openIngest(options: IngestOptions): Promise<Ingest> {
  const sources: Source[] = []
  for (const definition of options.sources) {
    const feeds = feedsOf(definition.kind, options)
    if (feeds.length > 0) sources.push(await definition.create(feeds, options.env))
  }
  return new Ingest(sources)
}

function feedsOf(kind: string, { channels, producer }: IngestOptions): Feed<unknown>[] {
  return Object.entries(channels).flatMap(([channel, { topic, sources }]) => {
    const append: Append = messages => producer.append(topic, messages) // Invariant 6: resolves with acks=all
    return sources.flatMap(source => (kind in source ? [{ channel, config: source[kind], append }] : []))
  })
}
