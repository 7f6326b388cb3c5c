// Writes into a topic of the stream's own, one append after the other and each until Kafka has it, so that the order in a
// partition is the order in which it was written: what waits in the held topic, and what steps remember. An append is
// small enough to be one request, of which Kafka stores all or nothing; one that is repeated is there twice, and whoever
// reads knows the second by the offsets in it.

import { settledWithin } from '../../connectors/clock.ts'
import type { AppendRecord, LogProducer } from '../../connectors/kafka/log/log.ts'
import { FaultError } from '../../schemas/errors.ts'
import type { StreamContext } from './context.ts'
import type { Health } from './health/health.ts'
import { persist } from './health/persist.ts'

/** How long a record waits for others: nobody waits for it, and a request costs more than what is in it. */
const lingerMs = 50
/** Of one append. */
const maxRecords = 200
const maxBytes = 65_536
/** What a record takes beside its key and value: its headers for the most part. */
const overheadBytes = 512

export interface Write {
  readonly record: AppendRecord
  /** Kafka has it. */
  done(): void
  /** Kafka does not take a record of this size. */
  tooLarge?(): void
}

export interface WriterPort {
  readonly topic: string
  /** What its trouble is called. */
  readonly name: string
  readonly producer: LogProducer
  readonly health: Health
}

export class Writer {
  readonly #context: StreamContext
  readonly #port: WriterPort
  readonly #closing = new AbortController()
  #waiting: Write[] = []
  #running: Promise<void> | null = null
  #cancelLinger: (() => void) | null = null
  /** The last append was too large for Kafka: which record it is comes out when each goes alone. */
  #isAlone = false

  constructor(context: StreamContext, port: WriterPort) {
    this.#context = context
    this.#port = port
  }

  put(write: Write): void {
    if (this.#closing.signal.aborted) return
    this.#waiting.push(write)
    if (this.#waiting.length >= maxRecords) this.#start()
    else this.#cancelLinger ??= this.#context.clock.after(lingerMs, () => this.#start())
  }

  /** Resolves when everything was written, or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.flush()
    if (this.#running === null) return
    const { signal } = this.#closing // a stop may come amid a rejoin
    await settledWithin(this.#context.clock, this.#running, { limitMs: deadlineMs, signal })
  }

  /** Lets nothing wait for company. */
  flush(): void {
    if (this.#waiting.length > 0) this.#start()
  }

  /** Writes nothing more and calls no `done`. */
  close(): void {
    this.#closing.abort()
    this.#cancelLinger?.()
    this.#waiting = []
  }

  #start(): void {
    this.#cancelLinger?.()
    this.#cancelLinger = null
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#waiting.length > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (this.#waiting.length > 0 && !signal.aborted) {
      const round = this.#next()
      const attempt = () => this.#append(round)
      const { name, health } = this.#port
      await persist(this.#context, health, { name, signal, attempt })
    }
  }

  async #append(round: readonly Write[]): Promise<void> {
    try {
      await this.#port.producer.append(
        this.#port.topic,
        round.map(({ record }) => record)
      )
    } catch (error) {
      if (!(error instanceof FaultError) || error.code !== 'body_too_large') throw error
      if (round.length > 1) this.#isAlone = true
      else this.#end(round, write => write.tooLarge?.())
      return
    }
    this.#end(round, write => write.done())
  }

  #end(round: readonly Write[], tell: (write: Write) => void): void {
    if (this.#closing.signal.aborted) return
    this.#waiting = this.#waiting.slice(round.length)
    if (this.#waiting.length === 0) this.#isAlone = false
    for (const write of round) tell(write)
  }

  /** The oldest, at least one. */
  #next(): Write[] {
    const round: Write[] = []
    let bytes = 0
    for (const write of this.#waiting) {
      const { key, value } = write.record
      bytes += (key?.length ?? 0) + (value?.length ?? 0) + overheadBytes
      const isFull = this.#isAlone || round.length >= maxRecords || bytes > maxBytes
      if (round.length > 0 && isFull) break
      round.push(write)
    }
    return round
  }
}
