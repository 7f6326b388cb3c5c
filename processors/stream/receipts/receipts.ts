// The receipts of a stream: for every message that ended by an answer of the target what was sent, when that was answered
// and with what, in a chain of hashes that nobody can change unnoticed. A message counts as settled only once Kafka has its
// receipt (Invariant 1), so a process that dies before delivers it again, and none is left without.

import { pauseFor } from '../../../connectors/clock.ts'
import type { LogAdmin, LogConsumer, LogProducer } from '../../../connectors/kafka/log/log.ts'
import { ensureTopic, wantedReceiptsTopic } from '../../../connectors/kafka/topics.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { ReceiptsConfig } from '../../../schemas/stream.ts'
import { confirmOurs } from '../assignment/confirm.ts'
import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Health } from '../health/health.ts'
import { isoTime, maxAnswerLength } from '../settlement/dead-letter.ts'
import { sha256 } from './receipt.ts'
import { type Entry, ReceiptsPartition } from './receipts-partition.ts'

export type ReceiptsOptions = ReceiptsConfig

export interface ReceiptsPort {
  readonly options: ReceiptsOptions
  readonly group: string
  /** The topics of the stream's channels. */
  readonly origins: readonly string[]
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly health: Health
  readonly consumer: Pick<LogConsumer, 'commit'>
  /** Kafka has their receipts, and their partitions are ours. */
  settled(entries: readonly Entry[]): void
}

/** What the target said of a message, and of which attempt. */
export interface Answered {
  readonly destination: string
  readonly attempts: number
  readonly answer: string
  /** Why it was refused; null: it was delivered. */
  readonly code: string | null
}

/** A receipts partition, and the partitions of channels whose it is. */
interface Opened {
  readonly writer: ReceiptsPartition
  readonly positions: Map<Partition, OpenPosition>
}

export class Receipts {
  readonly #context: StreamContext
  readonly #port: ReceiptsPort
  readonly #opened = new Map<number, Opened>()
  readonly #closing = new AbortController()
  #ensured: Promise<number> | null = null
  #written = 0

  constructor(context: StreamContext, port: ReceiptsPort) {
    this.#context = context
    this.#port = port
  }

  /** Resolves once it is known where the chain goes on. Rejects with a FaultError while that cannot be known. */
  async prepare(partition: Partition, position: OpenPosition): Promise<void> {
    const { partition: number } = partition.origin
    if (number >= (await this.#ensure())) {
      this.#ensured = null // the channel has got more
      throw new FaultError('topic_missing', { path: `${this.#port.options.topic}/${number}` })
    }
    if (partition.closed) return // Invariant 4
    const opened = this.#opened.get(number) ?? this.#create(number)
    opened.positions.set(partition, position)
    await opened.writer.open()
  }

  /** The message has ended by an answer; it is settled once its receipt is written. */
  put(message: Pending, { destination, attempts, answer, code }: Answered): void {
    const { clock, stream } = this.#context
    const { topic, partition } = message.origin
    this.#opened.get(partition)?.writer.put({
      message,
      ending: {
        kind: code === null ? 'delivered' : 'refused',
        ...{ stream, topic, partition, offset: message.offset, device: message.key() },
        received: isoTime(message.timestampMs),
        number: message.sequence,
        sha256: sha256(message.value()),
        ...{ destination: destination.slice(0, maxAnswerLength), attempts },
        answered: isoTime(clock.now()),
        ...{ answer: answer.slice(0, maxAnswerLength), code }
      }
    })
  }

  /** The partition is assigned elsewhere: what has no receipt is owed there. Invariant 4 */
  release(partition: Partition): void {
    const { partition: number } = partition.origin
    const opened = this.#opened.get(number)
    if (opened === undefined || !opened.positions.delete(partition) || opened.positions.size > 0) return
    opened.writer.close()
    this.#opened.delete(number)
  }

  /** Resolves when all receipts are written, once none was for `patienceMs`, or at `endMs` (Unix ms). */
  async drain(patienceMs: number, endMs: number): Promise<void> {
    const { clock } = this.#context
    const drained = new AbortController()
    const writers = [...this.#opened.values()].map(({ writer }) => writer.written())
    void Promise.all(writers).then(() => drained.abort())
    const signal = AbortSignal.any([drained.signal, this.#closing.signal]) // a stop may come amid a rejoin
    for (let before = -1; before !== this.#written && clock.now() < endMs && !signal.aborted; ) {
      before = this.#written
      await pauseFor(clock, Math.min(patienceMs, endMs - clock.now()), signal)
    }
  }

  close(): void {
    this.#closing.abort()
    for (const { writer } of this.#opened.values()) writer.close()
    this.#opened.clear()
  }

  #create(number: number): Opened {
    const { options, group, admin, producer, health } = this.#port
    const positions = new Map<Partition, OpenPosition>()
    const writer = new ReceiptsPartition(this.#context, number, {
      ...{ topic: options.topic, group, admin, producer, health },
      confirm: () => this.#confirm(positions),
      stored: entries => {
        this.#written += entries.length
        this.#port.settled(entries.filter(({ message }) => !message.lane.partition.closed))
      }
    })
    const opened = { writer, positions }
    this.#opened.set(number, opened)
    return opened
  }

  async #confirm(positions: ReadonlyMap<Partition, OpenPosition>): Promise<void> {
    const ours = [...positions].find(([{ closed }]) => !closed)
    if (ours === undefined)
      throw new FaultError('commit_refused', { detail: 'the partition was handed back' })
    await confirmOurs(this.#port.consumer, ...ours)
  }

  /** Resolves with the number of partitions. */
  #ensure(): Promise<number> {
    this.#ensured ??= this.#ensureTopic()
    return this.#ensured.catch(error => {
      this.#ensured = null
      throw error
    })
  }

  async #ensureTopic(): Promise<number> {
    const { admin, options, origins } = this.#port
    const specs = await Promise.all(origins.map(topic => admin.topic(topic)))
    const partitions = Math.max(1, ...specs.map(spec => spec?.partitions ?? 1))
    const found = await ensureTopic(admin, wantedReceiptsTopic(options, partitions), this.#context.log)
    const policy = found.settings['cleanup.policy'] ?? ''
    if (policy.includes('compact'))
      throw new FaultError('topic_forgets', { path: options.topic, detail: `cleanup.policy is ${policy}` })
    if (found.partitions < partitions) await admin.raisePartitions(options.topic, partitions)
    return Math.max(found.partitions, partitions)
  }
}
