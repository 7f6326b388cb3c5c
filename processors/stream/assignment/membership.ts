// What a stream does when the group deals its partitions: those that come are opened, each beside its held partition;
// before any can go, what is in flight ends and is committed; what goes is handed back.

import type { Assignment, LogConsumer } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { StreamContext } from '../context.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { Health } from '../health/health.ts'
import type { Held } from '../held/held.ts'
import type { HeldPartition } from '../held/held-partition.ts'
import type { LastCommit } from '../settlement/committer.ts'
import type { Settlement } from '../settlement/settlement.ts'
import type { Intake } from './intake.ts'
import type { Openings } from './openings.ts'
import { type Partition, partitionKey } from './partition.ts'
import type { Partitions } from './partitions.ts'

/** At the join gate, for what is in flight: the other members wait. The commit after it may take the rest. */
const attemptsAtGateMs = 3_000

export interface MembershipPort {
  readonly consumer: LogConsumer
  readonly partitions: Partitions
  readonly held: Held
  readonly openings: Openings
  readonly intake: Intake
  readonly dispatcher: Dispatcher
  readonly settlement: Settlement
  readonly health: Health
  readonly isPaused: boolean
  /** Fires when the stream stops. */
  readonly signal: AbortSignal
  /** The stream knows what it has, and may send. */
  settled(): void
}

export class Membership {
  /** From when its partitions may move until it knows which it has: nothing may be sent. */
  isHandingOver = false
  /** The part of the group's partitions that this process has, from 0 to 1. */
  share = 0
  readonly #context: StreamContext
  readonly #port: MembershipPort
  #rebalances = 0
  #lastGateMs: number | null = null

  constructor(context: StreamContext, port: MembershipPort) {
    this.#context = context
    this.#port = port
  }

  /** How often its partitions were dealt, and how long the others waited for it the last time. */
  get standing(): { readonly rebalances: number; readonly lastGateSeconds: number | null } {
    const gateMs = this.#lastGateMs
    return { rebalances: this.#rebalances, lastGateSeconds: gateMs === null ? null : gateMs / 1000 }
  }

  assign(assignment: Assignment): void {
    const { partitions, held, openings, intake, settlement, health, signal } = this.#port
    this.release(assignment.lost)
    if (signal.aborted) return
    this.share = assignment.share
    this.#rebalances++
    this.#context.meter.rebalanced()
    const added = assignment.added.map(origin => (held.owns(origin) ? held : partitions).add(origin))
    this.#tell(assignment)
    health.clear('kafka')
    health.enter(this.#port.isPaused ? 'paused' : 'running')
    // A partition whose held one has gone to somebody else may send nothing more: only a new membership puts that right.
    if ([...partitions].some(partition => held.isApart(partition))) this.#port.consumer.rebuild()
    openings.open(added, assignment.birthMs)
    for (const partition of partitions) intake.relieve(partition) // shares of the window have changed
    this.isHandingOver = false
    this.#port.settled()
    settlement.touch()
  }

  /** Ends assignments: what is pending goes back to Kafka, and later results no longer count. */
  release(lost: readonly TopicPartition[]): void {
    const { partitions, held, openings, dispatcher, settlement, health } = this.#port
    for (const origin of lost) {
      if (held.owns(origin)) held.remove(origin)
      const partition = partitions.remove(origin)
      health.clear(partitionKey(origin))
      if (partition === undefined) continue
      openings.remember(partition)
      settlement.returned(partition)
    }
    dispatcher.dropClosed()
  }

  /** The join gate: before a partition can move, what is in flight is confirmed and committed. Invariant 7 */
  async handOver(deadlineMs: number): Promise<void> {
    this.isHandingOver = true
    const { clock, stream, log, meter } = this.#context
    const startedMs = clock.now()
    const endMs = startedMs + deadlineMs
    await this.drain(Math.min(attemptsAtGateMs, deadlineMs), { endMs, isRefusalFinal: true })
    this.#lastGateMs = clock.now() - startedMs
    meter.gated(this.#lastGateMs / 1000)
    log('partitions_handed_back', { stream, partitions: this.#port.partitions.size })
  }

  /** Ends what is in flight, within `attemptsMs`, and commits it. */
  async drain(attemptsMs: number, commit: LastCommit): Promise<void> {
    const { clock } = this.#context
    const endMs = clock.now() + attemptsMs
    await this.#port.dispatcher.drain(attemptsMs)
    await this.#port.settlement.drain(Math.max(0, endMs - clock.now()), commit)
  }

  /** It is known where the partition begins: it may be read from `next` on. */
  opened(partition: Partition | HeldPartition, next: number): void {
    const { origin } = partition
    const { consumer, held, settlement, health, isPaused, signal } = this.#port
    if (signal.aborted) return
    settlement.opened(partition)
    consumer.seek(origin, next)
    if (!isPaused || held.owns(origin)) consumer.resume([origin])
    if (!held.owns(origin)) held.walked(partition, true) // its devices may have been due before it was open
    health.refresh()
  }

  #tell({ added, kept, lost }: Assignment): void {
    const { stream, log } = this.#context
    const isLost = lost.length > 0 && kept.length + added.length === 0
    const count = (origins: readonly TopicPartition[]) =>
      origins.filter(origin => !this.#port.held.owns(origin)).length
    const counts = { stream, added: count(added), kept: count(kept), lost: count(lost) }
    log(isLost ? 'partitions_lost' : 'partitions_assigned', counts)
  }
}
