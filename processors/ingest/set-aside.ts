// Puts what a source cannot read among the dead letters of its channel, so that the source may acknowledge it and go on:
// a protocol without a way to refuse would bring it again and again. It is kept byte for byte; only what is too large for
// Kafka is cut, and says so, since it would stop the channel for good.

import type { Clock } from '../../connectors/clock.ts'
import type { Broken, SourceDefinition } from '../../connectors/connector.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import { storeHalving } from '../../connectors/shared/source/halving.ts'
import type { ChannelConfig } from '../../schemas/config.ts'
import type { ErrorCode } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { countCodes, ToldTogether } from '../told-together.ts'
import { brokenLetterOf } from './broken-letter.ts'

/** Whether the channel has a source that sets aside what it cannot read. */
export function setsAside(
  { sources }: Pick<ChannelConfig, 'sources'>,
  definitions: readonly SourceDefinition[]
): boolean {
  const kinds = definitions.flatMap(definition => (definition.setsAside ? [definition.kind] : []))
  return sources.some(source => kinds.some(kind => kind in source))
}

export interface ChannelLettersParts {
  readonly channel: string
  readonly producer: Pick<LogProducer, 'append'>
  readonly clock: Clock
  readonly log: LogEvent
  /** Counts what was set aside. */
  readonly count: (channel: string, code: ErrorCode, count: number) => void
}

/** The dead letters of one channel. */
export class ChannelLetters {
  readonly #parts: ChannelLettersParts
  readonly #told: ToldTogether<Omit<Broken, 'bytes'> & { readonly topic: string }>

  constructor(parts: ChannelLettersParts) {
    const { channel, clock, log } = parts
    this.#parts = parts
    this.#told = new ToldTogether(clock, (count, { code, detail: first, from, topic }) =>
      log('set_aside', { channel, count, code, first, from, topic })
    )
  }

  /** Resolves once Kafka has all of it in `topic`; rejects as `LogProducer.append`. Invariant 6 */
  async put(topic: string, broken: readonly Broken[]): Promise<void> {
    const { channel, clock, producer } = this.#parts
    const timeMs = clock.now()
    const append = (some: readonly Broken[], isCut: boolean) =>
      producer.append(
        topic,
        some.map(one => brokenLetterOf(one, { channel, timeMs, isCut }))
      )
    // Of one that is too large only the beginning is kept.
    await storeHalving(broken, { all: some => append(some, false), tooLarge: one => append([one], true) })
    this.#tell(topic, broken)
  }

  /** Tells what was not told yet. */
  close(): void {
    this.#told.close()
  }

  #tell(topic: string, stored: readonly Broken[]): void {
    for (const [code, letters] of countCodes(stored)) {
      this.#parts.count(this.#parts.channel, code, letters)
      const first = stored.find(one => one.code === code)
      if (first === undefined) continue
      const { detail, from } = first
      this.#told.happened(code, { code, detail, from, topic }, letters)
    }
  }
}
