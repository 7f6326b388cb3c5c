// The connection of an admin client. kafkajs gives up on a stale view of the cluster instead of renewing it, so a failure
// that may be due to that discards the connection, and the call is repeated on a new one, quietly and for a bounded time.
// For offsets it asks for all topics at once whose offsets it was ever asked for, so that one which was deleted makes all of them
// look missing: only a connection of its own tells the truth.

import { setMaxListeners } from 'node:events'
import type { Admin, Kafka } from 'kafkajs'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import { type Clock, pauseFor } from '../../../clock.ts'
import { type Clients, kafkaFault, protocolType, rootCause, shareOf } from './client.ts'
import { withDeadline } from './with-deadline.ts'

export interface AdminConnectionEnv {
  readonly kafka: Kafka
  /** What connections are made from, in turn, each for its share of the time. Default: `kafka`. */
  readonly clients?: Clients
  readonly clock: Clock
  /** How long a call is repeated before it rejects. */
  readonly patienceMs: number
}

export class AdminConnection {
  readonly #env: AdminConnectionEnv
  readonly #closing = new AbortController()
  /** Connecting or connected; null before the first call and after a failure. */
  #current: Promise<Admin> | null = null

  constructor(env: AdminConnectionEnv) {
    this.#env = env
    setMaxListeners(0, this.#closing.signal) // of many streams that start at once each may wait
  }

  /** Rejects with a fault of the port. */
  call<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    return this.patiently(() => this.#callOnce(act))
  }

  /** As call(), for who asks for offsets: that a topic is missing is believed only if a connection of its own says so, too. */
  async callForOffsets<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    const shared = this.#current
    try {
      return await this.call(act)
    } catch (error) {
      if (adminFault(error).code !== 'topic_missing') throw error
      const found = await this.patiently(() => this.#callAlone(act))
      if (shared !== null && shared === this.#current) void this.#discard(shared)
      return found
    }
  }

  /** Repeats `work` while Kafka cannot be reached. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    const { clock, patienceMs } = this.#env
    const endMs = clock.now() + patienceMs
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 1000)) {
      try {
        return await work()
      } catch (error) {
        const fault = adminFault(error)
        const late = clock.now() + delayMs > endMs
        if (!passing.has(fault.code) || late || this.#closing.signal.aborted) throw fault
      }
      await pauseFor(clock, delayMs, this.#closing.signal)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#current !== null) await this.#discard(this.#current)
  }

  async #callOnce<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    // Whoever asks in several steps may be between two of them: nothing would close a connection made now.
    if (this.#closing.signal.aborted) throw new Error('the admin client is closed')
    this.#current ??= this.#connect()
    const used = this.#current
    try {
      return await act(await used)
    } catch (error) {
      if (adminFault(error).code === 'kafka_unreachable') void this.#discard(used)
      throw error
    }
  }

  async #callAlone<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw new Error('the admin client is closed')
    const own = this.#connect()
    try {
      return await act(await own)
    } finally {
      void disconnect(own)
    }
  }

  /** Its calls under way fail, or end by themselves. */
  #discard(used: Promise<Admin>): Promise<void> {
    if (this.#current === used) this.#current = null
    return disconnect(used)
  }

  async #connect(): Promise<Admin> {
    const { kafka, clients, clock, patienceMs } = this.#env
    const admin = (clients?.next() ?? kafka).admin()
    try {
      if (clients === undefined) await admin.connect()
      else await withDeadline(admin.connect(), { clock, deadlineMs: shareOf(clients, patienceMs) })
      return admin
    } catch (error) {
      // A broker that took the connection and said nothing; kafkajs waits for what it has asked.
      const closed = admin.disconnect().catch(() => undefined)
      if (clients === undefined) await closed
      throw error
    }
  }
}

/** What may pass by itself. */
const passing = new Set<string>(['kafka_unreachable', 'kafka_no_leader'])
const known = new Set<string>(['kafka_unauthorized', 'topic_missing', 'group_busy', 'kafka_no_leader'])

/** The faults of the port: whatever is neither a refusal nor a missing topic may pass. */
function adminFault(error: unknown): FaultError {
  // kafkajs reports the failures of createTopics as a list; we create one topic at a time.
  const first = (error as { errors?: unknown[] } | undefined)?.errors?.[0] ?? error
  const fault = kafkaFault(first)
  if (protocolType(first)?.startsWith('INVALID_')) {
    return new FaultError('topic_missing', { detail: messageOf(first), cause: error })
  }
  if (known.has(fault.code)) return fault
  return new FaultError('kafka_unreachable', { detail: messageOf(rootCause(first)), cause: error })
}

/** Never rejects: a connection that was not made leaves nothing open. */
async function disconnect(admin: Promise<Admin>): Promise<void> {
  await admin.then(connected => connected.disconnect()).catch(() => undefined)
}
