// What a member says to its group's coordinator by itself: what it commits, and that it is alive while a join is held
// up. kafkajs would send commits to the broker that was the coordinator when the group was joined last, until the next
// join (offsetManager getCoordinator); here it is looked for anew whenever it fails. A new coordinator knows the
// generation of the one before, so it takes them.

import type { Cluster } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import { type Clock, pauseFor } from '../../../../clock.ts'
import type { CommitEntry } from '../../log.ts'
import { kafkaFault } from '../client.ts'

/** What a member is known by in one generation of its group. */
export interface Membership {
  readonly memberId: string
  readonly generation: number
}

export interface CoordinatorEnv {
  readonly group: string
  readonly clock: Clock
}

/** The calls of kafkajs' brokers that matter here; its published types leave them out. */
interface CoordinatorCalls {
  isConnected(): boolean
  offsetCommit(request: object): Promise<unknown>
  heartbeat(request: object): Promise<unknown>
}

/** How long one commit looks for a coordinator that takes it. Then its owner may have more to commit. */
const patienceMs = 3_000
const pauseMs = 100

export class Coordinator {
  readonly #env: CoordinatorEnv
  readonly #find: Cluster['findGroupCoordinator']
  readonly #disconnect: () => Promise<void>
  #known: CoordinatorCalls | null = null
  #committing: Promise<unknown> = Promise.resolve()
  #sending: object | null = null
  #isBeating = false
  #isClosed = false

  /** To be made before the join gate is installed: a look-up from within the gate must not wait for it. */
  constructor(cluster: Cluster, env: CoordinatorEnv) {
    this.#env = env
    this.#find = cluster.findGroupCoordinator.bind(cluster)
    cluster.findGroupCoordinator = group => this.#note(this.#find(group)) // what a join finds holds here, too
    this.#disconnect = cluster.disconnect.bind(cluster)
    cluster.disconnect = () => {
      this.#isClosed = true
      return this.#disconnect()
    }
  }

  /**
   * Resolves once Kafka has the commit; there is one at a time. `check` is called before it is sent, each time, and throws
   * when it must not be. Rejects with `commit_refused` when the membership is over, and with `kafka_unreachable` after a
   * few seconds.
   */
  commit(membership: Membership, entries: readonly CommitEntry[], check: () => void): Promise<void> {
    const result = this.#committing.then(() => this.#commit(membership, entries, check))
    this.#committing = result.catch(() => {})
    return result
  }

  async #commit(membership: Membership, entries: readonly CommitEntry[], check: () => void): Promise<void> {
    const { group, clock } = this.#env
    const endMs = clock.now() + patienceMs
    const { memberId, generation: groupGenerationId } = membership
    const request = { groupId: group, memberId, groupGenerationId, topics: byTopic(entries) }
    for (;;) {
      try {
        const coordinator = await this.#coordinator()
        check()
        return await this.#send(coordinator, request)
      } catch (error) {
        this.#known = null
        const fault = kafkaFault(error)
        if (fault.code !== 'kafka_unreachable' || clock.now() >= endMs) throw fault
      }
      await pauseFor(clock, pauseMs)
    }
  }

  /**
   * Keeps the membership while kafkajs sends no heartbeats. What the answer says, kafkajs will hear by itself. Never
   * rejects.
   */
  async heartbeat({ memberId, generation }: Membership): Promise<void> {
    if (this.#isBeating) return
    this.#isBeating = true
    try {
      const coordinator = await this.#coordinator()
      await coordinator.heartbeat({ groupId: this.#env.group, memberId, groupGenerationId: generation })
    } catch (error) {
      if (kafkaFault(error).code === 'kafka_unreachable') this.#known = null
    } finally {
      this.#isBeating = false
    }
  }

  /** Is this request a commit from here? Nothing else commits for a member. */
  isSending(request: object): boolean {
    return request === this.#sending
  }

  async #send(coordinator: CoordinatorCalls, request: object): Promise<void> {
    this.#sending = request
    try {
      await coordinator.offsetCommit(request)
    } finally {
      this.#sending = null
    }
  }

  async #coordinator(): Promise<CoordinatorCalls> {
    if (this.#known?.isConnected()) return this.#known
    this.#checkOpen()
    // A look-up connects: one that was overtaken by the end would stay connected.
    const finding = this.#find({ groupId: this.#env.group }).finally(() =>
      this.#isClosed ? this.#disconnect() : undefined
    )
    const found = await this.#note(finding)
    this.#checkOpen()
    return found
  }

  async #note<T>(finding: Promise<T>): Promise<T & CoordinatorCalls> {
    const found = (await finding) as T & CoordinatorCalls // see CoordinatorCalls
    this.#known = found
    return found
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new FaultError('commit_refused', { detail: 'the consumer was stopped' })
  }
}

function byTopic(entries: readonly CommitEntry[]) {
  return [...new Set(entries.map(({ topic }) => topic))].map(topic => ({
    topic,
    partitions: entries
      .filter(entry => entry.topic === topic)
      .map(({ partition, next, metadata }) => ({ partition, offset: next, metadata }))
  }))
}
