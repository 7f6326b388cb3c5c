// One stream: a consumer group member that reads its channels and delivers to its target. Its parts stand in the order of
// a message's way: assignment -> intake -> dispatch (attempts) -> settlement (what is owed, commits). States: health/.

import type { Target } from '../../connectors/connector.ts'
import type { LogAdmin, LogConsumer } from '../../connectors/kafka/log/log.ts'
import type { RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import { Assignment } from './assignment/assignment.ts'
import { Intake } from './assignment/intake.ts'
import type { Partition } from './assignment/partition.ts'
import { Partitions } from './assignment/partitions.ts'
import { WatchedPartitions } from './assignment/watched-partitions.ts'
import { contextOf, type StreamContext } from './context.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import type { Pending } from './dispatch/lane.ts'
import type { Rejected } from './dispatch/outcome/aftermath.ts'
import { Health } from './health/health.ts'
import { persist } from './health/persist.ts'
import { type StreamStatus, statusOf } from './health/status.ts'
import { Watchdog } from './health/watchdog.ts'
import { Held } from './held/held.ts'
import type { StreamOptions, StreamParts } from './options.ts'
import { type Sequences, sequencesOf } from './sequence/sequences.ts'
import type { End } from './settlement/accounts.ts'
import { Settlement } from './settlement/settlement.ts'
import { Steps } from './steps/steps.ts'

export class Stream {
  readonly options: StreamOptions
  readonly partitions: Partitions
  readonly watched: WatchedPartitions
  readonly #context: StreamContext
  readonly #target: Target
  readonly #health: Health
  readonly #consumer: LogConsumer
  readonly #held: Held
  readonly #steps: Steps
  readonly #sequences: Sequences | null
  readonly #intake: Intake
  readonly #dispatcher: Dispatcher
  readonly #settlement: Settlement
  readonly #watchdog: Watchdog
  readonly #stopping = new AbortController()
  readonly #assignment: Assignment
  #isTargetOpen = false

  constructor(options: StreamOptions, parts: StreamParts) {
    this.options = options
    this.partitions = new Partitions(options.order)
    this.#target = parts.target
    this.#context = contextOf(options, parts)
    this.#health = new Health(this.#context, this.partitions, () => this.#dispatcher.trouble)
    this.watched = new WatchedPartitions(this.partitions, this.#health)
    this.#consumer = parts.consumer({
      ...{ group: options.group, topics: this.#topics, birthMs: () => this.#assignment.birthMs },
      maxFetchBytes: () => options.budget.maxFetchBytes
    })
    this.#steps = this.#createSteps(parts)
    this.#held = this.#createHeld(parts)
    this.#sequences = sequencesOf(this.#context, options, this.#partitionParts(parts))
    this.#settlement = this.#createSettlement(parts)
    this.#intake = this.#createIntake()
    this.#dispatcher = this.#createDispatcher()
    this.#assignment = this.#createAssignment(parts.admin)
    this.#watchdog = this.#createWatchdog()
  }

  /** Joins its group and opens its target, each tried until it succeeds. Resolves once the consumer runs. */
  async start(): Promise<void> {
    const { signal } = this.#stopping
    void this.#openTarget()
    this.#watchdog.start()
    const ensured = { name: 'held topic', signal, attempt: () => this.#held.ensure() }
    if (!(await persist(this.#context, this.#health, ensured))) return
    await this.#consumer.start({
      onAssigned: assignment => this.#assignment.membership.assign(assignment),
      onRevoking: deadlineMs => this.#assignment.membership.handOver(deadlineMs),
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
    await this.#assignment.membership.drain(deadlineMs, { endMs, isRefusalFinal: false })
    this.#settlement.close()
    this.#dispatcher.close()
    this.#assignment.membership.release(this.partitions.origins)
    this.#held.close()
    this.#intake.close()
    this.#steps.close()
    await this.#consumer.stop()
    await this.#target.close()
    this.#health.enter('stopped')
  }

  status(): StreamStatus {
    return statusOf({
      ...{ name: this.options.name, ...this.#health.standing },
      accounts: this.#settlement.accounts,
      partitions: [...this.partitions],
      held: this.#held,
      ...{ silent: this.#steps.silent, lastDeadLetter: this.#settlement.lastDeadLetter },
      ...{ ...this.#dispatcher.standing, ...this.#assignment.membership.standing }
    })
  }

  /** What its group reads: its channels, and who waits. */
  get #topics(): string[] {
    return [...this.options.topics, this.options.held.topic]
  }

  async #openTarget(): Promise<void> {
    const { signal } = this.#stopping
    const attempt = () => this.#target.open(signal)
    this.#isTargetOpen = await persist(this.#context, this.#health, { name: 'target', signal, attempt })
    this.#send()
  }

  #send(): void {
    if (this.#isTargetOpen && !this.#assignment.membership.isHandingOver) this.#dispatcher.start()
  }

  #receive(chunk: RecordChunk): void {
    if (this.#held.owns(chunk.origin)) this.#held.receive(chunk)
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

  /** What the parts that a message passes through tell of it and ask of one another. */
  get #flow() {
    return {
      taken: (messages: number) => this.#settlement.accounts.take(messages),
      ended: (end: End, messages: number) => this.#settlement.ended(end, messages),
      rejected: (rejected: Rejected) => this.#settlement.rejected(rejected),
      offer: (message: Pending) => this.#dispatcher.offer(message),
      pump: () => this.#dispatcher.pump()
    }
  }

  #createSteps({ admin, producer }: StreamParts): Steps {
    return new Steps(this.#context, {
      ...{ options: this.options.steps, origins: this.options.topics, admin, producer, health: this.#health },
      holdsDevices: this.options.held.holdsDevices,
      partitions: () => this.partitions,
      touch: () => this.#settlement.touch(),
      attributesChanged: lacks => this.#held.retryLacking(lacks)
    })
  }

  #createAssignment(admin: LogAdmin): Assignment {
    return new Assignment(this.#context, {
      ...{ options: this.options, topics: this.#topics, admin, consumer: this.#consumer },
      ...{ partitions: this.partitions, held: this.#held, steps: this.#steps, intake: this.#intake },
      sequences: this.#sequences,
      ...{ dispatcher: this.#dispatcher, settlement: this.#settlement, health: this.#health },
      signal: this.#stopping.signal,
      settled: () => this.#send()
    })
  }

  #createHeld({ admin, producer }: StreamParts): Held {
    const { held: options, topics, paused: isPaused, budget } = this.options
    return new Held(this.#context, {
      ...{ options, topics, isPaused, admin, producer, consumer: this.#consumer, health: this.#health },
      steps: this.#steps,
      roomBytes: () => budget.windowBytes / 4 / Math.max(1, this.partitions.size),
      partitionOf: (topic, partition) => this.partitions.get({ topic, partition }),
      ...this.#flow,
      relieved: partition => this.#relieve(partition)
    })
  }

  /** What those need that keep something beside each partition of a channel. */
  #partitionParts({ admin, producer }: StreamParts) {
    const [held, consumer] = [this.#held, this.#consumer]
    return { admin, producer, health: this.#health, partitions: this.partitions, held, consumer }
  }

  #createSettlement(parts: StreamParts): Settlement {
    const { deadLetters: topic, topics: origins, ledger, receipts } = this.options
    const shared = { ...this.#partitionParts(parts), origins }
    return new Settlement(this.#context, {
      ...{ partitions: this.partitions, held: this.#held, deadLetters: { ...shared, topic } },
      ledger: ledger && { ...shared, options: ledger, topics: origins },
      receipts: receipts && { ...shared, options: receipts, group: this.options.group },
      commit: entries => this.#consumer.commit(entries),
      ...{ committed: () => this.#steps.committed(), maxSpan: this.options.maxSpan },
      relieved: partition => this.#relieve(partition),
      crowded: (...of) => this.options.held.holdsDevices && this.#dispatcher.makeRoom(...of)
    })
  }

  #createIntake(): Intake {
    return new Intake(this.#context, {
      ...{ health: this.#health, maxSpan: this.options.maxSpan },
      windowBytes: () => this.options.budget.windowBytes / Math.max(1, this.partitions.size),
      pause: origin => this.#consumer.pause([origin]),
      seek: (origin, offset) => this.#consumer.seek(origin, offset),
      resume: origin => this.#consumer.resume([origin]),
      ...this.#flow,
      stage: this.#steps.stage,
      isWanted: this.options.isWanted,
      refused: rejected => this.#dispatcher.refused(rejected),
      walked: (partition, hasCaughtUp) => this.#held.walked(partition, hasCaughtUp),
      divert: (device, message) => this.#held.divert(device, message)
    })
  }

  #createDispatcher(): Dispatcher {
    const { ledger, receipts } = this.#settlement
    return new Dispatcher(this.#context, this.options, {
      ...{ target: this.#target, sequences: this.#sequences },
      share: () => this.#assignment.membership.share,
      take: () => this.#intake.take(),
      ...this.#flow,
      relieved: partition => this.#intake.relieve(partition),
      ...{ delivered: ledger?.delivered ?? null, receipts },
      expired: message => ledger?.ended(message, 'expired'),
      holdsDevices: this.options.held.holdsDevices,
      held: this.#held,
      waits: () => this.#settlement.touch(),
      changed: () => this.#health.refresh()
    })
  }

  #createWatchdog(): Watchdog {
    const { accounts } = this.#settlement
    return new Watchdog(this.#context, {
      books: () => ({ owed: accounts.owed, pending: this.partitions.pending }),
      behind: () => (this.#health.rest === 'running' ? this.partitions.behind() : []),
      rebuild: () => this.partitions.lackTopic || this.#consumer.rebuild()
    })
  }
}
