// Puts what a source cannot read among the dead letters of its channel, so that the source may acknowledge it and go on:
// a protocol without a way to refuse would bring it again and again. It is kept byte for byte; only what is too large for
// Kafka is cut, and says so, since it would stop the channel for good.

import type { Clock } from '../../connectors/clock.ts'
import type { Broken, SourceDefinition } from '../../connectors/connector.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import type { ChannelConfig } from '../../schemas/config.ts'
import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
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
    await this.#append(topic, broken, this.#parts.clock.now())
    this.#tell(topic, broken)
  }

  /** Tells what was not told yet. */
  close(): void {
    this.#told.close()
  }

  /** Halves what is too large for the topic, until the one is found of which only the beginning is kept. */
  async #append(topic: string, broken: readonly Broken[], timeMs: number): Promise<void> {
    const { channel, producer } = this.#parts
    const recordsOf = (isCut: boolean) => broken.map(one => brokenLetterOf(one, { channel, timeMs, isCut }))
    try {
      await producer.append(topic, recordsOf(false))
    } catch (error) {
      if (!isTooLarge(error)) throw error
      const half = broken.length >> 1
      if (half === 0) await producer.append(topic, recordsOf(true))
      else {
        await this.#append(topic, broken.slice(0, half), timeMs)
        await this.#append(topic, broken.slice(half), timeMs)
      }
    }
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

const isTooLarge = (error: unknown) => error instanceof FaultError && error.code === 'body_too_large'
