// Puts messages that the target will never take into the stream's dead-letter topic, with the reason. A message counts
// as settled only once Kafka has it there (Invariant 1), so appending is tried for ever. One that Kafka does not take
// because of its size is neither cut nor dropped: its partition commits no further, the stream shows as halted with
// the way to mend it, and the letter is tried again slowly while the others go on.

import { settledWithin } from '../../../connectors/clock.ts'
import type { Message } from '../../../connectors/connector.ts'
import type { AppendRecord, LogAdmin, LogProducer } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { ensureTopic, largestOf, type WantedTopic } from '../../../connectors/kafka/topics.ts'
import { type ErrorCode, FaultError, messageOf } from '../../../schemas/errors.ts'
import { countCodes, ToldTogether } from '../../told-together.ts'
import type { StreamContext } from '../context.ts'
import { type Health, troubleOf } from '../health/health.ts'
import { persist } from '../health/persist.ts'
import type { LastDeadLetter } from '../health/reasons.ts'
import { type Death, deadLetterOf } from './dead-letter.ts'

export interface DeadLettersPort {
  readonly topic: WantedTopic
  /** The topics that the stream reads: what they can hold, the dead letters must hold. */
  readonly origins: readonly string[]
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly health: Health
}

interface Letter {
  readonly origin: TopicPartition
  /** The stable id of the message. */
  readonly id: string
  readonly code: ErrorCode
  readonly record: AppendRecord
  readonly bytes: number
  done(): void
}

const trouble = 'dead letters'
const sizeTrouble = 'dead letters too large'
/** Letters of one round; more wait for the next, so that producers' buffers are not filled at once. */
const roundMessages = 500
const roundBytes = 1_048_576
/** What a letter costs in memory beside its key and value: its headers for the most part. */
const overheadBytes = 1_024

export class DeadLetters {
  readonly #context: StreamContext
  readonly #port: DeadLettersPort
  readonly #closing = new AbortController()
  /** To be appended, in order. */
  readonly #waiting = new Set<Letter>()
  /** Refused because of their size; tried again after a while. */
  readonly #tooLarge = new Set<Letter>()
  #pendingBytes = 0
  /** The last that Kafka has. */
  last: LastDeadLetter | null = null
  #isTopicThere = false
  #running: Promise<void> | null = null
  #cancelRetry: (() => void) | null = null
  readonly #told: ToldTogether<Pick<Letter, 'code' | 'id'>>

  constructor(context: StreamContext, port: DeadLettersPort) {
    const { clock, log, stream } = context
    this.#context = context
    this.#port = port
    this.#told = new ToldTogether(clock, (messages, { code, id: first }) =>
      log('dead_lettered', { stream, messages, code, first, topic: port.topic.name })
    )
  }

  /** Bytes of the letters that Kafka does not have yet. Invariant 5 */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /**
   * Sees to the topic in the background. To be called once the stream's first positions are committed, not before:
   * dead letters without any commit mean that the group was lost.
   */
  ensure(): void {
    this.#start()
  }

  /** Copies the message and appends it; `done` is called once Kafka has it with acks=all. Invariant 1 */
  put(message: Message, death: Death, done: () => void): void {
    const { clock, stream } = this.#context
    const record = deadLetterOf(message, death, { stream, timeMs: clock.now() })
    const bytes = (record.value?.length ?? 0) + (record.key?.length ?? 0) + overheadBytes
    const { origin } = message
    const letter = { origin, id: message.id(), code: death.failure.code, record, bytes, done }
    this.#waiting.add(letter)
    this.#pendingBytes += letter.bytes
    this.#start()
  }

  /** Gives up the letters of a partition that was lost: whoever has it now reads their messages again. Invariant 4 */
  forget({ topic, partition }: TopicPartition): void {
    for (const letter of [...this.#waiting, ...this.#tooLarge])
      if (letter.origin.topic === topic && letter.origin.partition === partition) this.#remove(letter)
  }

  /** Resolves when everything Kafka may take was appended, or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#running === null) return
    const { signal } = this.#closing // a stop may come amid a rejoin
    await settledWithin(this.#context.clock, this.#running, { limitMs: deadlineMs, signal })
  }

  /** Appends nothing more and calls no `done`: what Kafka does not have is still owed. Drain before. */
  close(): void {
    this.#closing.abort()
    this.#cancelRetry?.()
    this.#told.close()
    for (const letter of [...this.#waiting, ...this.#tooLarge]) this.#remove(letter)
  }

  #start(): void {
    if (this.#closing.signal.aborted) return
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#waiting.size > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const attempt = () => this.#round()
    do await persist(this.#context, this.#port.health, { name: trouble, signal, attempt })
    while (this.#waiting.size > 0 && !signal.aborted)
  }

  /** Throws the first fault of a letter; those that were stored are done. */
  async #round(): Promise<void> {
    await this.#ensureTopic()
    const letters = this.#next()
    // One append each: the producer joins them into requests in their order, and tells for each whether it was stored.
    const faults = await Promise.all(letters.map(letter => this.#append(letter)))
    this.#tell(letters.filter((_, at) => faults[at] === null))
    const large = letters.find((_, at) => faults[at]?.code === 'body_too_large')
    if (large !== undefined) this.#retryLater(large)
    const fault = faults.find(one => one !== null && one.code !== 'body_too_large')
    if (fault === undefined || fault === null) return
    this.#isTopicThere = false // it may have been deleted
    throw fault
  }

  async #ensureTopic(): Promise<void> {
    if (this.#isTopicThere) return
    const { admin, origins, topic } = this.#port
    const specs = await Promise.all(origins.map(name => admin.topic(name)))
    await ensureTopic(admin, { ...topic, maxMessageBytes: largestOf(specs) }, this.#context.log)
    this.#isTopicThere = true
  }

  /** The oldest letters, at least one if any wait. */
  #next(): Letter[] {
    const letters: Letter[] = []
    let bytes = 0
    for (const letter of this.#waiting) {
      bytes += letter.bytes
      if (letters.length > 0 && (letters.length >= roundMessages || bytes > roundBytes)) break
      letters.push(letter)
    }
    return letters
  }

  async #append(letter: Letter): Promise<FaultError | null> {
    try {
      await this.#port.producer.append(this.#port.topic.name, [letter.record])
    } catch (error) {
      const fault =
        error instanceof FaultError
          ? error
          : new FaultError('internal', { cause: error, detail: messageOf(error) })
      if (fault.code === 'body_too_large' && this.#waiting.delete(letter)) this.#tooLarge.add(letter)
      return fault
    }
    if (this.#remove(letter)) letter.done()
    return null
  }

  /** False when it was removed before. */
  #remove(letter: Letter): boolean {
    const isPending = this.#waiting.delete(letter)
    const wasTooLarge = this.#tooLarge.delete(letter)
    if (!isPending && !wasTooLarge) return false
    this.#pendingBytes -= letter.bytes
    if (wasTooLarge && this.#tooLarge.size === 0) this.#port.health.clear(sizeTrouble)
    return true
  }

  /** Shows why the stream stands still there, and tries those letters again after a while. */
  #retryLater({ id, record }: Letter): void {
    const { clock, retry } = this.#context
    const detail = `${this.#port.topic.name}: ${id} has ${record.value?.length} bytes, and its facts come on top`
    const fault = new FaultError('dead_letter_too_large', { detail })
    const untilMs = clock.now() + retry.haltedDelayMs
    this.#port.health.trouble(sizeTrouble, 'halted', troubleOf(fault, { untilMs, attempt: 1 }))
    this.#cancelRetry?.()
    this.#cancelRetry = clock.after(retry.haltedDelayMs, () => {
      for (const letter of this.#tooLarge) this.#waiting.add(letter)
      this.#start()
    })
  }

  #tell(stored: readonly Letter[]): void {
    for (const [code, messages] of countCodes(stored)) {
      this.last = { code, atMs: this.#context.clock.now() }
      this.#context.meter.deadLettered(code, messages)
      const first = stored.find(letter => letter.code === code)
      if (first !== undefined) this.#told.happened(code, { code, id: first.id }, messages)
    }
  }
}
