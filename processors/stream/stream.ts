// One stream: a consumer group member that reads its channels and delivers to its target. Its parts stand in the order of
// a message's way: assignment -> intake -> dispatch (attempts) -> settlement (what is owed, commits). States: health/.

import type { Clock } from '../../connectors/clock.ts'
import type { Target } from '../../connectors/connector.ts'
import type { Assignment, LogAdmin, LogConsumer, LogConsumerOptions } from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import type { RetryConfig } from '../../schemas/config.ts'
import { type ErrorCode, messageOf } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { Openings, type OpeningsPort } from './assignment/openings.ts'
import { type Partition, partitionKey } from './assignment/partition.ts'
import { Partitions } from './assignment/partitions.ts'
import type { StreamContext } from './context.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { Intake } from './dispatch/intake.ts'
import { Health } from './health/health.ts'
import { persist } from './health/persist.ts'
import { type StreamStatus, statusOf } from './health/status.ts'
import type { StreamMeter } from './meter.ts'
import { Accounts, type End } from './settlement/accounts.ts'
import { Committer } from './settlement/committer.ts'

export interface StreamOptions {
  readonly name: string
  readonly group: string
  readonly topics: readonly string[]
  /** From when a stream without commits owes messages, in Unix ms. */
  readonly birthMs: number
  readonly attemptTimeoutMs: number
  readonly retry: RetryConfig
  /** Bytes of pending messages at which reading pauses. */
  readonly windowBytes: number
  /** Upper bound of one fetch response per broker. */
  readonly maxFetchBytes: number
}

export interface StreamParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly meter: StreamMeter
  readonly admin: LogAdmin
  readonly target: Target
  readonly consumer: (options: LogConsumerOptions) => LogConsumer
}

/** At the join gate, of its deadline, for the commit after the drain. */
const commitReserveMs = 2_000

export class Stream {
  readonly options: StreamOptions
  readonly partitions = new Partitions()
  readonly #context: StreamContext
  readonly #target: Target
  readonly #accounts = new Accounts()
  readonly #health: Health
  readonly #consumer: LogConsumer
  readonly #intake: Intake
  readonly #dispatcher: Dispatcher
  readonly #committer: Committer
  readonly #openings: Openings
  readonly #stopping = new AbortController()
  #isTargetOpen = false

  constructor(options: StreamOptions, parts: StreamParts) {
    this.options = options
    this.#target = parts.target
    this.#context = {
      stream: options.name,
      clock: parts.clock,
      log: parts.log,
      meter: parts.meter,
      retry: options.retry
    }
    this.#health = new Health(this.#context, this.partitions)
    this.#openings = this.#createOpenings(parts.admin)
    this.#consumer = parts.consumer({
      group: options.group,
      topics: options.topics,
      birthMs: () => this.#openings.birthMs,
      maxFetchBytes: options.maxFetchBytes
    })
    this.#intake = this.#createIntake()
    this.#dispatcher = this.#createDispatcher()
    this.#committer = this.#createCommitter()
  }

  /** Joins its group and opens its target, each tried until it succeeds. Resolves once the consumer runs. */
  async start(): Promise<void> {
    void this.#openTarget()
    await this.#consumer.start({
      onAssigned: assignment => this.#assign(assignment),
      onRevoking: deadlineMs => this.#handOver(deadlineMs),
      onRecords: chunk => this.#receive(chunk),
      onPositionLost: (origin, position) => this.#halt(origin, 'position_lost', `position ${position}`),
      onFault: fault => this.#health.fault('kafka', fault),
      onRecovered: () => this.#health.clear('kafka')
    })
  }

  /** Drains, commits, leaves the group, and closes the target. Invariant 7 */
  async stop(deadlineMs: number): Promise<void> {
    this.#health.enter('draining')
    this.#stopping.abort()
    this.#consumer.pause(this.partitions.origins)
    await this.#dispatcher.drain(deadlineMs)
    await this.#committer.flush()
    this.#committer.stop()
    this.#release(this.partitions.origins)
    await this.#consumer.stop()
    await this.#target.close()
    this.#health.enter('stopped')
  }

  status(): StreamStatus {
    return statusOf({
      name: this.options.name,
      state: this.#health.state,
      accounts: this.#accounts,
      partitions: [...this.partitions]
    })
  }

  async #openTarget(): Promise<void> {
    const { signal } = this.#stopping
    const attempt = () => this.#target.open(signal)
    this.#isTargetOpen = await persist(this.#context, this.#health, { name: 'target', signal, attempt })
    if (this.#isTargetOpen) this.#dispatcher.start()
  }

  #assign(assignment: Assignment): void {
    this.#release(assignment.lost)
    if (this.#stopping.signal.aborted) return
    const added = assignment.added.map(origin => this.partitions.add(origin))
    this.#context.log('partitions_assigned', {
      stream: this.options.name,
      added: added.length,
      kept: assignment.kept.length,
      lost: assignment.lost.length
    })
    this.#health.clear('kafka')
    this.#health.enter('running')
    this.#openings.open(added, assignment.birthMs)
    if (this.#isTargetOpen) this.#dispatcher.start()
    this.#committer.touch()
  }

  /** Ends assignments: what is pending goes back to Kafka, and later results no longer count. */
  #release(lost: readonly TopicPartition[]): void {
    for (const origin of lost) {
      const partition = this.partitions.remove(origin)
      this.#health.clear(partitionKey(origin))
      if (partition === undefined) continue
      this.#openings.remember(partition)
      this.#end('returned', partition.lane.length)
    }
  }

  /** The join gate: before a partition can move, what is in flight is confirmed and committed. Invariant 7 */
  async #handOver(deadlineMs: number): Promise<void> {
    await this.#dispatcher.drain(Math.max(0, deadlineMs - commitReserveMs))
    await this.#committer.flush()
    this.#context.log('partitions_handed_back', {
      stream: this.options.name,
      partitions: this.partitions.size
    })
  }

  #opened(partition: Partition): void {
    if (this.#stopping.signal.aborted || partition.tracker === null) return
    this.#consumer.seek(partition.origin, partition.tracker.next)
    this.#consumer.resume([partition.origin])
    this.#health.refresh()
  }

  #receive(chunk: RecordChunk): void {
    const partition = this.partitions.get(chunk.origin)
    if (partition === undefined) return
    try {
      this.#intake.take(partition, chunk)
    } catch (error) {
      // Bytes that are no records: nothing may be skipped, so this partition reads no further.
      this.#consumer.pause([chunk.origin])
      this.#halt(chunk.origin, 'records_corrupt', `offset ${partition.tracker?.next}: ${messageOf(error)}`)
    }
    this.#committer.touch()
    this.#dispatcher.pump(partition)
  }

  #delivered(partition: Partition, messages: number): void {
    this.#end('delivered', messages)
    this.#intake.relieve(partition)
    this.#committer.touch()
  }

  #end(end: End, messages: number): void {
    if (messages === 0) return
    this.#accounts.end(end, messages)
    this.#context.meter.ended(end, messages)
  }

  /** Halts one partition until it is assigned anew: a person must act. */
  #halt(origin: TopicPartition, code: ErrorCode, detail: string): void {
    const key = partitionKey(origin)
    this.#health.trouble(key, 'halted', { code, detail: `${key}: ${detail}`, untilMs: null, attempt: 1 })
  }

  #createOpenings(admin: LogAdmin): Openings {
    const { group, topics, birthMs } = this.options
    const port: OpeningsPort = {
      group,
      topics,
      admin,
      health: this.#health,
      signal: this.#stopping.signal,
      commit: entries => this.#consumer.commit(entries),
      opened: partition => this.#opened(partition)
    }
    return new Openings(this.#context, port, birthMs)
  }

  #createIntake(): Intake {
    return new Intake(this.#context, {
      accounts: this.#accounts,
      windowBytes: () => this.options.windowBytes / Math.max(1, this.partitions.size),
      pause: origin => this.#consumer.pause([origin]),
      seek: (origin, offset) => this.#consumer.seek(origin, offset),
      resume: origin => this.#consumer.resume([origin])
    })
  }

  #createDispatcher(): Dispatcher {
    return new Dispatcher(this.#context, {
      target: this.#target,
      attemptTimeoutMs: this.options.attemptTimeoutMs,
      partitions: this.partitions,
      delivered: (partition, messages) => this.#delivered(partition, messages),
      changed: () => this.#health.refresh()
    })
  }

  #createCommitter(): Committer {
    return new Committer(this.#context, {
      due: () => this.partitions.due(),
      commit: entries => this.#consumer.commit(entries),
      committed: entries => this.partitions.committed(entries)
    })
  }
}
