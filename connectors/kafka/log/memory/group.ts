// A consumer group of a memory log, with what Kafka's classic protocol does where it matters to a stream: a rebalance
// waits for every member, members hear of it with their next heartbeat, commits are taken while it begins, a member
// whose session expired is out at once and hears of it later.

import { FaultError } from '../../../../schemas/errors.ts'
import { type Clock, pauseFor } from '../../../clock.ts'
import { type Member, share } from '../kafkajs/consumer/share.ts'
import type { CommitEntry } from '../log.ts'
import type { TopicPartition } from '../message.ts'
import type { MemoryFaults } from './faults.ts'
import type { MemoryTopics } from './topics.ts'

/** What a group needs of a member. */
export interface GroupMember extends Member {
  readonly birthMs: number
  /** Drains before a join: resolves when the member is ready to join again. */
  rejoining(): Promise<void>
  joined(result: JoinResult): void
  /** Told with a heartbeat that the session had expired. */
  expired(): void
}

export interface JoinResult {
  readonly generation: number
  readonly assigned: readonly TopicPartition[]
  readonly birthMs: number
  readonly share: number
}

export interface Committed {
  readonly next: number
  readonly metadata: string
}

export interface GroupEnv {
  readonly clock: Clock
  readonly topics: MemoryTopics
  readonly faults: MemoryFaults
  /** How long a member takes to hear of a rebalance. */
  readonly heartbeatMs: number
}

/** A member that is not back by then is thrown out. */
const rebalanceTimeoutMs = 30_000

export class MemoryGroup {
  readonly #env: GroupEnv
  readonly #members = new Map<string, GroupMember>()
  readonly #committed = new Map<string, Committed>()
  /** The members that the running rebalance waits for or has. */
  #joining = new Map<string, Promise<void>>()
  #rebalancing = false
  #generation = 0

  constructor(env: GroupEnv) {
    this.#env = env
  }

  /** A new member: the others are asked to join again. */
  join(member: GroupMember): void {
    this.#members.set(member.id, member)
    if (this.#rebalancing) this.#joining.set(member.id, this.#env.faults.joins.pass())
    else void this.#rebalance(member.id)
  }

  leave(id: string): void {
    if (this.#members.delete(id)) void this.#rebalance()
  }

  /** All members join again, as after a change of leaders or of partitions. */
  rejoin(): void {
    void this.#rebalance()
  }

  /** The session of every member expires: Kafka forgets them, and they hear of it later. */
  expireAll(): void {
    const members = [...this.#members.values()]
    this.#members.clear()
    for (const member of members) this.#env.clock.after(this.#env.heartbeatMs, () => member.expired())
  }

  /** Throws `commit_refused` when Kafka does not know the member. */
  commit(id: string, entries: readonly CommitEntry[]): void {
    if (!this.#members.has(id)) throw new FaultError('commit_refused', { detail: 'the member is unknown' })
    this.#store(entries)
  }

  get memberIds(): string[] {
    return [...this.#members.keys()]
  }

  /** A commit from outside. Throws `group_busy` while the group has members. */
  move(group: string, entries: readonly CommitEntry[]): void {
    if (this.#members.size > 0) throw new FaultError('group_busy', { path: group })
    this.#store(entries)
  }

  #store(entries: readonly CommitEntry[]): void {
    for (const { topic, partition, next, metadata } of entries) {
      this.#committed.set(`${topic}/${partition}`, { next, metadata })
    }
  }

  committed({ topic, partition }: TopicPartition): Committed | undefined {
    return this.#committed.get(`${topic}/${partition}`)
  }

  async #rebalance(newcomer?: string): Promise<void> {
    if (this.#rebalancing) return
    this.#rebalancing = true
    const { faults } = this.#env
    this.#joining = new Map(
      [...this.#members.values()].map(member => [
        member.id,
        member.id === newcomer ? faults.joins.pass() : this.#prepare(member)
      ])
    )
    // Members that come meanwhile take part.
    for (let known = -1; known !== this.#joining.size; ) {
      known = this.#joining.size
      await Promise.all(this.#joining.values())
    }
    this.#rebalancing = false
    this.#complete()
  }

  async #prepare(member: GroupMember): Promise<void> {
    const { clock, faults, heartbeatMs } = this.#env
    await pauseFor(clock, heartbeatMs)
    if (!this.#members.has(member.id)) return
    const ready = new AbortController()
    const drained = member.rejoining().then(() => ready.abort())
    await Promise.race([drained, pauseFor(clock, rebalanceTimeoutMs, ready.signal)])
    if (ready.signal.aborted) return faults.joins.pass()
    this.#members.delete(member.id)
    clock.after(heartbeatMs, () => member.expired())
  }

  #complete(): void {
    const members = [...this.#members.values()]
    if (members.length === 0) return
    const topics = new Set(members.flatMap(member => member.topics))
    const counts = new Map([...topics].map(name => [name, this.#env.topics.get(name).partitions.length]))
    const shares = share(members, counts)
    const all = Math.max(1, [...shares.values()].flat().length)
    const birthMs = Math.min(...members.map(member => member.birthMs))
    const generation = ++this.#generation
    for (const member of members) {
      const assigned = shares.get(member.id) ?? []
      member.joined({ generation, assigned, birthMs, share: assigned.length / all })
    }
  }
}
