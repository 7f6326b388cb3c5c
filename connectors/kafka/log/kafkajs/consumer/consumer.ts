// The LogConsumer on kafkajs. It owns what must outlive any single kafkajs consumer: the positions and pauses of its
// partitions, and the loop that builds a new session whenever one ends, until it is stopped. A stopped consumer
// calls no handler.

import type { KafkaConfig } from '../../../../../schemas/config.ts'
import { FaultError } from '../../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../../schemas/events.ts'
import { type Clock, every, pauseFor } from '../../../../clock.ts'
import type { CommitEntry, LogConsumer, LogConsumerHandlers, LogConsumerOptions } from '../../log.ts'
import type { TopicPartition } from '../../message.ts'
import type { Allowance } from '../arriving/allowance.ts'
import { createKafka } from '../client.ts'
import { Handoff } from './handoff.ts'
import { type Join, Session } from './session.ts'
import { fetchWaitMs, gateLimitMs, heartbeatMs } from './settings.ts'
import { Trouble } from './trouble.ts'

export interface ConsumerEnv {
  readonly log: LogEvent
  readonly clock: Clock
  /** For the responses of all consumers of the process. */
  readonly arriving: Allowance
}

const stopDeadlineMs = 5_000
const maxBackoffMs = 5_000
/** A session that lived this long failed for a new reason. */
const healthyMs = 30_000
const corruptRetryMs = 10_000

/** Who is told of what happens in a session. */
interface Told {
  readonly handlers: LogConsumerHandlers
  readonly handoff: Handoff
  readonly trouble: Trouble
}

export class KafkajsConsumer implements LogConsumer {
  readonly #config: KafkaConfig
  readonly #options: LogConsumerOptions
  readonly #env: ConsumerEnv
  readonly #stop = new AbortController()
  #handoff: Handoff | null = null
  #session: Session | null = null
  #memberId: string | null = null

  constructor(config: KafkaConfig, options: LogConsumerOptions, env: ConsumerEnv) {
    this.#config = config
    this.#options = options
    this.#env = env
  }

  start(handlers: LogConsumerHandlers): Promise<void> {
    const handoff = new Handoff(handlers, () => this.#session, this.#env.clock)
    this.#handoff = handoff
    return new Promise(resolve => {
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true })
      void this.#supervise(handlers, handoff, resolve)
    })
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const origin of partitions) this.#handoff?.pause(origin)
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const origin of partitions) this.#handoff?.resume(origin)
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#handoff?.seek(partition, offset)
  }

  async commit(entries: readonly CommitEntry[]): Promise<void> {
    const foreign = entries.find(entry => !this.#handoff?.has(entry))
    if (foreign !== undefined) {
      throw new FaultError('commit_refused', {
        path: `${foreign.topic}/${foreign.partition}`,
        detail: 'the partition is not assigned'
      })
    }
    if (this.#session === null) throw new FaultError('commit_refused', { detail: 'there is no membership' })
    if (entries.length > 0) await this.#session.commit(entries)
  }

  rebuild(): void {
    void this.#session?.abandon()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#handoff?.stop()
    const closed = new AbortController()
    await Promise.race([this.#session?.close(), pauseFor(this.#env.clock, stopDeadlineMs, closed.signal)])
    closed.abort()
  }

  /** Builds one session after the other until this consumer is stopped. */
  async #supervise(handlers: LogConsumerHandlers, handoff: Handoff, onOpen: () => void): Promise<void> {
    const trouble = new Trouble(this.#options, { ...this.#env, handlers })
    this.#stop.signal.addEventListener('abort', () => trouble.close(), { once: true })
    let failures = 0
    while (!this.#stop.signal.aborted) {
      const startedMs = this.#env.clock.now()
      const session = this.#createSession({ handlers, handoff, trouble })
      this.#session = session
      const error = await this.#live(session, onOpen)
      if (this.#stop.signal.aborted) return
      failures = this.#env.clock.now() - startedMs > healthyMs ? 0 : failures + 1
      const wasMember = this.#memberId !== null
      this.#leave(handoff) // before the trouble is told, since an assignment ends what was told
      trouble.ended(error, wasMember)
      await pauseFor(this.#env.clock, this.#backoffMs(failures), this.#stop.signal)
    }
  }

  /** Resolves with what ended the session. */
  async #live(session: Session, onOpen: () => void): Promise<unknown> {
    try {
      await session.open()
      onOpen()
      return await session.ended
    } catch (error) {
      await session.close()
      return error
    }
  }

  #createSession({ handlers, handoff, trouble }: Told): Session {
    // A Kafka object of its own: kafkajs shares committed offsets among the consumers of one (index.js OFFSETS).
    const kafka = createKafka(this.#config, this.#env.log, this.#env.arriving)
    return new Session({ kafka, clock: this.#env.clock }, this.#options, {
      rejoining: () => this.#drain(handlers),
      joined: join => {
        trouble.joined()
        this.#onJoined(join, handoff)
      },
      answered: () => {
        if (!this.#stop.signal.aborted) trouble.answered()
      },
      unreachable: fault => {
        if (!this.#stop.signal.aborted) trouble.unreachable(fault)
      },
      leaderless: partitions => {
        if (!this.#stop.signal.aborted) trouble.leaderless(partitions)
      },
      fetched: fetched => handoff.fetched(fetched),
      fetchWaitMs: () => (handoff.isBusy() ? fetchWaitMs.busy : fetchWaitMs.idle),
      decoder: {
        onPositionLost: (origin, position) => handoff.positionLost(origin, position),
        copied: bytes => this.#env.arriving.frames.give(bytes),
        onCorrupt: (origin, fault) => {
          const retry = handoff.corrupt(origin, fault)
          void pauseFor(this.#env.clock, corruptRetryMs, this.#stop.signal).then(retry)
        }
      }
    })
  }

  #onJoined({ memberId, assigned, group }: Join, handoff: Handoff): void {
    if (this.#stop.signal.aborted) return
    // A dynamic member that misses a rebalance loses its id, so the same id means an unbroken membership.
    const member = memberId === this.#memberId ? 'same' : 'new'
    this.#memberId = memberId
    handoff.assign(assigned, member, group)
  }

  /** The membership is over: whatever the next one brings is new. */
  #leave(handoff: Handoff): void {
    this.#session = null
    if (this.#memberId === null) return
    this.#memberId = null
    handoff.assign([], 'new', { birthMs: this.#options.birthMs(), share: 0 })
  }

  /** Never holds a join longer than the limit, nor a stop at all. */
  async #drain(handlers: LogConsumerHandlers): Promise<void> {
    if (this.#stop.signal.aborted) return
    const drained = new AbortController()
    const stopBeating = every(this.#env.clock, heartbeatMs, () => this.#session?.heartbeat())
    const either = AbortSignal.any([drained.signal, this.#stop.signal])
    await Promise.race([handlers.onRevoking(gateLimitMs), pauseFor(this.#env.clock, gateLimitMs, either)])
    drained.abort()
    stopBeating()
  }

  #backoffMs(failures: number): number {
    return this.#env.clock.random() * Math.min(maxBackoffMs, 250 * 2 ** failures)
  }
}
