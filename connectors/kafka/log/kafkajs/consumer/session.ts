// One kafkajs consumer, from its first join to its crash or its stop. kafkajs never restarts it by itself: what ends
// it, ends it for good, and consumer.ts builds the next one. Everything specific to kafkajs' consumer is in here and
// in join-gate.ts.

import type { Batch, Cluster, Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import type { Clock } from '../../../../clock.ts'
import type { CommitEntry, GroupStanding, LogConsumerOptions } from '../../log.ts'
import type { TopicPartition } from '../../message.ts'
import { installFetchDecoder } from '../fetch/install.ts'
import type { FetchedBatch } from '../fetch/types.ts'
import type { FetchDecoderOptions } from '../fetch/unread.ts'
import { createAssigner, type Told, toldBy } from './assigner.ts'
import { Coordinator, type Membership } from './coordinator.ts'
import { final, installJoinGate } from './join-gate.ts'
import { consumerSettings } from './settings.ts'
import { installSingleJoin } from './single-join.ts'

export interface Join {
  readonly memberId: string
  readonly assigned: readonly TopicPartition[]
  readonly group: GroupStanding
}

/** What one fetch brought for one partition. */
export interface Fetched {
  readonly origin: TopicPartition
  /** The offset that was asked for. */
  readonly fetchedOffset: number
  readonly highWatermark: number
  readonly batches: readonly FetchedBatch[]
}

export interface SessionHandlers {
  /** Awaited before every join of this session after its first, and before it leaves without having been closed. */
  rejoining(): Promise<void>
  /** Called synchronously with the join, before anything is fetched under it. */
  joined(join: Join): void
  /** Hands a fetch on; returns the next offset to fetch, or null to fetch the same again. */
  fetched(fetched: Fetched): number | null
  /** Told of what is in the responses. */
  readonly decoder: FetchDecoderOptions
  /** A broker answered, or could not be reached; before every fetch: which partitions nobody leads. */
  answered(): void
  unreachable(fault: FaultError): void
  leaderless(partitions: readonly TopicPartition[]): void
  /** How long the next fetch may wait for records. */
  fetchWaitMs(): number
}

export interface SessionEnv {
  readonly kafka: Kafka
  readonly clock: Clock
}

/** The run-time fields of kafkajs' batch that its types leave out. */
type RuntimeBatch = Batch & { readonly fetchedOffset: string }

export class Session {
  /** Resolves with what ended it, once kafkajs has left the group. Never rejects. */
  readonly ended: Promise<unknown>

  #end: (reason: unknown) => void = () => {}
  readonly #consumer: Consumer
  readonly #options: LogConsumerOptions
  readonly #handlers: SessionHandlers
  /** closing: no further join is made; ended: kafkajs has let go of the group. */
  #state: 'open' | 'closing' | 'ended' = 'open'
  #opening: Promise<void> = Promise.resolve()
  #joins = 0
  #gate: Promise<void> | null = null
  #assigned: readonly TopicPartition[] = []
  #generation = -1
  #told: Told = { birthMs: null, share: null }
  #coordinator: Coordinator | null = null
  #membership: Membership | null = null

  constructor({ kafka, clock }: SessionEnv, options: LogConsumerOptions, handlers: SessionHandlers) {
    this.#options = options
    this.#handlers = handlers
    installSingleJoin()
    this.#consumer = kafka.consumer({
      ...consumerSettings(options),
      partitionAssigners: [({ cluster }) => this.#install(cluster, clock)]
    })
    const { events } = this.#consumer
    this.ended = new Promise(resolve => {
      this.#end = resolve
      this.#consumer.on(events.CRASH, ({ payload }) => {
        this.#state = 'ended'
        resolve(payload.error)
      })
      this.#consumer.on(events.STOP, () => {
        this.#state = 'ended'
      })
    })
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#onJoin(payload))
  }

  /** Resolves once the group was joined. Rejects with what kafkajs threw, or when it crashed on the way. */
  open(): Promise<void> {
    this.#opening = this.#open()
    return this.#opening
  }

  async #open(): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    if (this.#state === 'closing') return
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 8,
      eachBatch: async payload => this.#onBatch(payload)
    })
    if (this.#state === 'ended') throw await this.ended
  }

  /** Leaves the group and disconnects. May take as long as Kafka takes; does not reject. */
  async close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing'
    // A consumer stopped amidst its first join would join after all (runner.js start).
    await this.#opening.catch(() => {})
    await this.#consumer.disconnect().catch(() => {})
    this.#state = 'ended'
  }

  /** Ends it after a drain, whatever kafkajs still does: nothing that comes of that is handed on. */
  async abandon(): Promise<void> {
    await this.#beforeLeave()
    void this.close()
    this.#state = 'ended'
    this.#end(new FaultError('consumer_failed', { detail: 'it had got stuck' }))
  }

  pause({ topic, partition }: TopicPartition): void {
    if (this.#isLive()) this.#consumer.pause([{ topic, partitions: [partition] }])
  }

  resume({ topic, partition }: TopicPartition): void {
    if (this.#isLive()) this.#consumer.resume([{ topic, partitions: [partition] }])
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    if (this.#isLive()) this.#consumer.seek({ topic, partition, offset: String(offset) })
  }

  /** Keeps the membership for as long as a join is held up. */
  heartbeat(): void {
    if (this.#state === 'open' && this.#membership !== null)
      void this.#coordinator?.heartbeat(this.#membership)
  }

  /** Only for the membership at the time of the call. */
  async commit(entries: readonly CommitEntry[]): Promise<void> {
    const membership = this.#membership
    if (membership === null || this.#coordinator === null)
      throw new FaultError('commit_refused', { detail: 'the group was not joined' })
    await this.#coordinator.commit(membership, entries, () => this.#checkMembership(membership))
  }

  /** A commit that was repeated into a later generation could set another member's position back. */
  #checkMembership(membership: Membership): void {
    if (this.#state === 'open' && membership === this.#membership) return
    throw new FaultError('commit_refused', { detail: 'the consumer was stopped, or has joined anew' })
  }

  #isLive(): boolean {
    return this.#state !== 'ended' && this.#joins > 0
  }

  /** kafkajs shows its cluster to nobody but the assigner's factory. */
  #install(cluster: Cluster, clock: Clock) {
    const coordinator = new Coordinator(cluster, { group: this.#options.group, clock })
    this.#coordinator = coordinator
    installFetchDecoder(cluster, { ...this.#handlers.decoder, generation: () => this.#generation })
    installJoinGate(cluster, {
      beforeJoin: () => this.#beforeJoin(),
      beforeLeave: () => this.#beforeLeave(),
      synced: (generation, memberAssignment) => {
        this.#generation = generation
        this.#told = toldBy(memberAssignment)
      },
      isOwnCommit: request => coordinator.isSending(request),
      fetchWaitMs: () => this.#handlers.fetchWaitMs(),
      maxFetchBytes: () => this.#options.maxFetchBytes(),
      answered: () => this.#handlers.answered(),
      unreachable: fault => this.#handlers.unreachable(fault),
      leaderless: partitions => this.#handlers.leaderless(partitions.filter(one => this.#isAssigned(one)))
    })
    return createAssigner(cluster, () => ({
      owned: this.#assigned,
      generation: this.#generation,
      birthMs: this.#options.birthMs()
    }))
  }

  /** Once for each join, however often kafkajs tries it; there is one at a time (single-join.ts). */
  async #beforeJoin(): Promise<void> {
    if (this.#state !== 'open') throw final(new FaultError('consumer_failed', { detail: 'it was stopped' }))
    if (this.#joins === 0) return
    this.#gate ??= this.#handlers.rejoining()
    await this.#gate
  }

  /** kafkajs leaves the group when it crashes, before it tells. Who closes a session has drained. */
  async #beforeLeave(): Promise<void> {
    if (this.#state !== 'open' || this.#joins === 0) return
    this.#gate ??= this.#handlers.rejoining()
    await this.#gate
    this.#membership = null
  }

  #onJoin(payload: { memberId: string; memberAssignment: Record<string, number[]> }): void {
    if (this.#state === 'ended') return
    this.#joins++
    this.#gate = null
    this.#membership = { memberId: payload.memberId, generation: this.#generation }
    this.#assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map(partition => ({ topic, partition }))
    )
    this.#handlers.joined({
      memberId: payload.memberId,
      assigned: this.#assigned,
      group: {
        birthMs: Math.min(this.#told.birthMs ?? Number.POSITIVE_INFINITY, this.#options.birthMs()),
        share: this.#told.share ?? 1
      }
    })
  }

  #onBatch({ batch, resolveOffset }: EachBatchPayload): void {
    const { topic, partition, highWatermark, fetchedOffset } = batch as RuntimeBatch
    const origin = { topic, partition }
    // A fetch of the assignment before must not be resolved: kafkajs may know nothing of the topic any more.
    if (this.#state === 'ended' || this.#gate !== null || !this.#isAssigned(origin)) return
    const next = this.#handlers.fetched({
      origin,
      fetchedOffset: Number(fetchedOffset),
      highWatermark: Number(highWatermark),
      // What the installed decoder put there in place of kafkajs' messages.
      batches: batch.messages as unknown as FetchedBatch[]
    })
    if (next !== null) resolveOffset(String(next - 1))
  }

  #isAssigned({ topic, partition }: TopicPartition): boolean {
    return this.#assigned.some(mine => mine.topic === topic && mine.partition === partition)
  }
}
