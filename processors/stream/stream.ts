// One stream: a consumer group member that reads its channels and delivers to its target. Its parts stand in the order of
// a message's way: assignment -> intake -> dispatch (attempts) -> settlement (what is owed, commits). States: health/.

import type { Target } from '../../connectors/connector.ts'
import type { Assignment, LogAdmin, LogConsumer } from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import { Intake } from './assignment/intake.ts'
import { Openings, type OpeningsPort } from './assignment/openings.ts'
import { type Partition, partitionKey } from './assignment/partition.ts'
import { Partitions } from './assignment/partitions.ts'
import type { StreamContext } from './context.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { Health } from './health/health.ts'
import { persist } from './health/persist.ts'
import { type StreamStatus, statusOf } from './health/status.ts'
import { Watchdog } from './health/watchdog.ts'
import type { StreamOptions, StreamParts } from './options.ts'
import type { LastCommit } from './settlement/committer.ts'
import { Settlement } from './settlement/settlement.ts'

/** At the join gate, for what is in flight: the other members wait. The commit after it may take the rest. */
const attemptsAtGateMs = 3_000

export class Stream {
  readonly options: StreamOptions
  readonly partitions: Partitions
  readonly #context: StreamContext
  readonly #target: Target
  readonly #health: Health
  readonly #consumer: LogConsumer
  readonly #intake: Intake
  readonly #dispatcher: Dispatcher
  readonly #settlement: Settlement
  readonly #openings: Openings
  readonly #watchdog: Watchdog
  readonly #stopping = new AbortController()
  #isTargetOpen = false
  /** From when its partitions may move until it knows which it has: nothing may be sent. */
  #isHandingOver = false

  constructor(options: StreamOptions, parts: StreamParts) {
    this.options = options
    this.partitions = new Partitions(options.order)
    this.#target = parts.target
    this.#context = {
      stream: options.name,
      clock: parts.clock,
      log: parts.log,
      meter: parts.meter,
      retry: options.retry,
      safetyStop: options.safetyStop
    }
    this.#health = new Health(this.#context, this.partitions, () => this.#dispatcher.trouble)
    this.#openings = this.#createOpenings(parts.admin)
    this.#consumer = parts.consumer({
      group: options.group,
      topics: options.topics,
      birthMs: () => this.#openings.birthMs,
      maxFetchBytes: options.maxFetchBytes
    })
    this.#settlement = this.#createSettlement(parts)
    this.#intake = this.#createIntake()
    this.#dispatcher = this.#createDispatcher()
    this.#watchdog = this.#createWatchdog()
  }

  /** Joins its group and opens its target, each tried until it succeeds. Resolves once the consumer runs. */
  async start(): Promise<void> {
    void this.#openTarget()
    this.#watchdog.start()
    await this.#consumer.start({
      onAssigned: assignment => this.#assign(assignment),
      onRevoking: deadlineMs => this.#handOver(deadlineMs),
      onRecords: chunk => this.#receive(chunk),
      onPositionLost: (origin, position) =>
        this.#health.halt(origin, 'position_lost', `position ${position}`),
      onFault: fault => this.#health.fault('kafka', fault),
      onRecovered: () => this.#health.clear('kafka')
    })
  }

  /** Drains, commits, leaves the group, and closes the target. Invariant 7 */
  async stop(deadlineMs: number): Promise<void> {
    this.#health.enter('draining')
    this.#stopping.abort()
    this.#watchdog.stop()
    this.#consumer.pause(this.partitions.origins)
    const endMs = this.#context.clock.now() + deadlineMs
    await this.#drain(deadlineMs, { endMs, isRefusalFinal: false })
    this.#settlement.close()
    this.#dispatcher.close()
    this.#release(this.partitions.origins)
    await this.#consumer.stop()
    await this.#target.close()
    this.#health.enter('stopped')
  }

  status(): StreamStatus {
    return statusOf({
      name: this.options.name,
      state: this.#health.state,
      accounts: this.#settlement.accounts,
      partitions: [...this.partitions]
    })
  }

  async #openTarget(): Promise<void> {
    const { signal } = this.#stopping
    const attempt = () => this.#target.open(signal)
    this.#isTargetOpen = await persist(this.#context, this.#health, { name: 'target', signal, attempt })
    this.#send()
  }

  #send(): void {
    if (this.#isTargetOpen && !this.#isHandingOver) this.#dispatcher.start()
  }

  #assign(assignment: Assignment): void {
    this.#release(assignment.lost)
    if (this.#stopping.signal.aborted) return
    const added = assignment.added.map(origin => this.partitions.add(origin))
    const [kept, lost] = [assignment.kept.length, assignment.lost.length]
    const isLost = lost > 0 && kept + added.length === 0
    const counts = { stream: this.options.name, added: added.length, kept, lost }
    this.#context.log(isLost ? 'partitions_lost' : 'partitions_assigned', counts)
    this.#health.clear('kafka')
    this.#health.enter(this.options.paused ? 'paused' : 'running')
    this.#openings.open(added, assignment.birthMs)
    for (const partition of this.partitions) this.#intake.relieve(partition) // shares of the window have changed
    this.#isHandingOver = false
    this.#send()
    this.#settlement.touch()
  }

  /** Ends assignments: what is pending goes back to Kafka, and later results no longer count. */
  #release(lost: readonly TopicPartition[]): void {
    for (const origin of lost) {
      const partition = this.partitions.remove(origin)
      this.#health.clear(partitionKey(origin))
      if (partition === undefined) continue
      this.#openings.remember(partition)
      this.#settlement.returned(partition)
    }
    this.#dispatcher.dropClosed()
  }

  /** The join gate: before a partition can move, what is in flight is confirmed and committed. Invariant 7 */
  async #handOver(deadlineMs: number): Promise<void> {
    this.#isHandingOver = true
    const endMs = this.#context.clock.now() + deadlineMs
    await this.#drain(Math.min(attemptsAtGateMs, deadlineMs), { endMs, isRefusalFinal: true })
    this.#context.log('partitions_handed_back', {
      stream: this.options.name,
      partitions: this.partitions.size
    })
  }

  /** Ends what is in flight, within `attemptsMs`, and commits it. */
  async #drain(attemptsMs: number, commit: LastCommit): Promise<void> {
    const { clock } = this.#context
    const endMs = clock.now() + attemptsMs
    await this.#dispatcher.drain(attemptsMs)
    await this.#settlement.drain(Math.max(0, endMs - clock.now()), commit)
  }

  #opened(partition: Partition): void {
    if (this.#stopping.signal.aborted || partition.tracker === null) return
    this.#settlement.opened()
    this.#consumer.seek(partition.origin, partition.tracker.next)
    if (!this.options.paused) this.#consumer.resume([partition.origin])
    this.#health.refresh()
  }

  #receive(chunk: RecordChunk): void {
    const partition = this.partitions.get(chunk.origin)
    if (partition === undefined) return
    this.#intake.keep(partition, chunk)
    this.#dispatcher.pump()
  }

  /** Something of the partition ended otherwise than by an attempt, or the commit was found to take less room. */
  #relieve(partition: Partition): void {
    this.#intake.relieve(partition)
    this.#dispatcher.pump()
  }

  #createOpenings(admin: LogAdmin): Openings {
    const { group, topics, birthMs, deadLetters } = this.options
    const port: OpeningsPort = {
      group,
      topics,
      deadLetters: deadLetters.name,
      admin,
      health: this.#health,
      signal: this.#stopping.signal,
      commit: entries => this.#consumer.commit(entries),
      opened: partition => this.#opened(partition)
    }
    return new Openings(this.#context, port, birthMs)
  }

  #createSettlement({ admin, producer }: StreamParts): Settlement {
    const { deadLetters: topic, topics: origins } = this.options
    return new Settlement(this.#context, {
      partitions: this.partitions,
      deadLetters: { topic, origins, admin, producer, health: this.#health },
      commit: entries => this.#consumer.commit(entries),
      relieved: partition => this.#relieve(partition)
    })
  }

  #createIntake(): Intake {
    return new Intake(this.#context, {
      health: this.#health,
      maxSpan: this.options.maxSpan,
      windowBytes: () => this.options.windowBytes / Math.max(1, this.partitions.size),
      pause: origin => this.#consumer.pause([origin]),
      seek: (origin, offset) => this.#consumer.seek(origin, offset),
      resume: origin => this.#consumer.resume([origin]),
      taken: messages => this.#settlement.accounts.take(messages),
      ended: (end, messages) => this.#settlement.ended(end, messages),
      offer: message => this.#dispatcher.offer(message)
    })
  }

  #createDispatcher(): Dispatcher {
    return new Dispatcher(this.#context, this.options, {
      target: this.#target,
      take: () => this.#intake.take(),
      ended: (end, messages) => this.#settlement.ended(end, messages),
      relieved: partition => this.#intake.relieve(partition),
      rejected: rejected => this.#settlement.rejected(rejected),
      changed: () => this.#health.refresh()
    })
  }

  #createWatchdog(): Watchdog {
    const { accounts } = this.#settlement
    return new Watchdog(this.#context, {
      books: () => ({ owed: accounts.owed, pending: this.partitions.pending }),
      behind: () => (this.#health.state.kind === 'running' ? this.partitions.behind() : []),
      rebuild: () => this.#consumer.rebuild()
    })
  }
}
