// Ships record batches to the brokers that lead their partitions, one request to each of them, and tells for every
// partition what came of it. A connection that hangs is replaced, and who leads is looked up again after every failure;
// nothing is repeated here.

import { rootCause } from '../client.ts'
import { NoAnswer, withDeadline } from '../with-deadline.ts'
import { type ProduceBroker, type ProducePart, produce } from './cluster.ts'
import { Connections, type ConnectionsEnv, type Prepared } from './connections.ts'

/** Counts produce requests; `seconds` is from the append of the oldest record in it to the answer. */
export interface AppendMeter {
  produced(result: 'ok' | 'failed', seconds: number): void
  /** Told of each part whose time the broker gave it: what the clocks of both sides said. */
  stored?(times: StoredTimes): void
}

/** When a part was sent, and answered, by our clock, and when it was stored, by that of the broker. Unix ms. */
export interface StoredTimes {
  readonly sentMs: number
  readonly storedMs: number
  readonly answeredMs: number
}

export interface ShipperEnv extends ConnectionsEnv {
  readonly meter: AppendMeter
}

/** The batch of a partition on its way. Its oldest record was appended at `sinceMs`. */
export interface Parcel extends ProducePart {
  readonly sinceMs: number
  /** Called just before it is written to a connection; where it says false it stays behind and is rejected. */
  leaves?(): boolean
  /** With the offset of its first record. */
  resolve(baseOffset: number): void
  /** With what kafkajs threw, or the error that the broker answered. */
  reject(error: unknown): void
}

export class Shipper {
  readonly #env: ShipperEnv
  readonly #connections: Connections
  /** Requests that have not ended. None rejects. */
  readonly #requests = new Set<Promise<void>>()

  constructor(env: ShipperEnv) {
    this.#env = env
    this.#connections = new Connections(env)
  }

  /** Connects to one of the brokers. Rejects with what kafkajs threw. */
  async connect(): Promise<void> {
    await this.#connections.prepared(new Set())
  }

  /**
   * How many partitions each topic has, or else why that is not known. Rejects with what kafkajs threw where nothing can be
   * told of any.
   */
  async partitions(topics: ReadonlySet<string>): Promise<Map<string, number | { readonly error: unknown }>> {
    const { leaders } = await this.#connections.prepared(topics)
    return new Map(
      Array.from(topics, topic => {
        const found = leaders.of(topic)
        if ('error' in found) return [topic, found]
        const { length } = found.leaders
        return [topic, length === 0 ? { error: new NoLeader({ topic }) } : length]
      })
    )
  }

  /**
   * Sends parcels, at most one for each partition. Never rejects: each parcel is resolved once all in-sync replicas have it, or
   * rejected. A partition must not be sent again before that where its order is to be kept.
   */
  async ship(parcels: readonly Parcel[]): Promise<void> {
    try {
      const prepared = await this.#connections.prepared(topicsOf(parcels))
      const leaderless = parcels.filter(parcel => leaderOf(prepared, parcel) === nobody)
      this.#send(
        prepared,
        parcels.filter(parcel => !leaderless.includes(parcel))
      )
      if (leaderless.length === 0) return
      await this.#connections.lookAgain(prepared, topicsOf(leaderless))
      this.#send(prepared, leaderless)
    } catch (error) {
      for (const parcel of parcels) parcel.reject(error)
    }
  }

  /** Closes the connections; gives up waiting for it after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    if (!this.#connections.isInUse && this.#requests.size === 0) return
    const ended = Promise.all([this.#connections.close(), ...this.#requests])
    // What does not close in time is left to end by itself.
    await withDeadline(ended, { clock: this.#env.clock, deadlineMs }).catch(() => undefined)
  }

  /** One request to each broker. */
  #send(prepared: Prepared, parcels: readonly Parcel[]): void {
    for (const [nodeId, group] of byLeader(prepared, parcels)) {
      const request = this.#request(prepared, nodeId, group)
      this.#requests.add(request)
      void request.then(() => this.#requests.delete(request))
    }
  }

  /** One request to one broker. Never rejects. */
  async #request(prepared: Prepared, nodeId: string, group: readonly Parcel[]): Promise<void> {
    const { clock, meter, timeoutMs } = this.#env
    const sinceMs = group.reduce((oldest, parcel) => Math.min(oldest, parcel.sinceMs), clock.now())
    const attempt: Attempt = { prepared, nodeId, group, broker: undefined, isLate: false }
    const onLate = () => {
      attempt.isLate = true
      this.#connections.giveUp(prepared, attempt.broker)
    }
    let failed = false
    try {
      const answers = await withDeadline(this.#produce(attempt), { clock, deadlineMs: timeoutMs, onLate })
      for (const [index, parcel] of group.entries()) {
        const answer = answers[index]
        if (typeof answer === 'number') parcel.resolve(answer)
        else failed = true
      }
      if (failed && nodeId !== nobody) await this.#connections.lookAgain(prepared, topicsOf(group))
      for (const [index, parcel] of group.entries()) parcel.reject(answers[index]) // those not resolved
    } catch (error) {
      failed = true
      for (const parcel of group) parcel.reject(error)
    }
    meter.produced(failed ? 'failed' : 'ok', (clock.now() - sinceMs) / 1000)
  }

  async #produce(attempt: Attempt) {
    const { prepared, nodeId, group } = attempt
    if (nodeId === nobody) return group.map(parcel => new NoLeader(parcel))
    try {
      const broker = await this.#connections.broker(prepared, nodeId)
      attempt.broker = broker
      const leaving = group.filter(parcel => parcel.leaves?.() ?? true)
      if (leaving.length === 0) return group.map(() => new Error('nobody waits for it any more'))
      const { clock, meter, timeoutMs } = this.#env
      const sentMs = clock.now()
      const stored = (storedMs: number) => meter.stored?.({ sentMs, storedMs, answeredMs: clock.now() })
      const errors = await produce(broker, leaving, { timeoutMs, stored })
      const byParcel = new Map(leaving.map((parcel, at) => [parcel, errors[at]]))
      const stayed = new Error('nobody waits for it any more')
      return group.map(parcel => (byParcel.has(parcel) ? byParcel.get(parcel) : stayed))
    } catch (error) {
      // Nobody waits for a late one any more, and who leads is asked when somebody needs to know.
      if (attempt.isLate || rootCause(error) instanceof NoAnswer) throw error
      await this.#connections.forget(prepared, attempt.broker, rootCause(error))
      await this.#connections.lookAgain(prepared, topicsOf(group))
      throw error
    }
  }
}

/** One request to one broker. */
interface Attempt {
  readonly prepared: Prepared
  readonly nodeId: string
  readonly group: readonly Parcel[]
  /** Once it is connected. */
  broker: ProduceBroker | undefined
  /** It had no answer in time, and its broker was given up. */
  isLate: boolean
}

/** Nobody leads the partition, or one of the topic, at the moment. */
export class NoLeader extends Error {
  constructor({ topic, partition }: { readonly topic: string; readonly partition?: number }) {
    super(`nobody leads ${topic}${partition === undefined ? '' : `/${partition}`}`)
    this.name = 'NoLeader'
  }
}

function topicsOf(parcels: readonly Parcel[]): Set<string> {
  return new Set(parcels.map(({ topic }) => topic))
}

const nobody = '-1'

/** The id of the node, or the error of the topic. */
function leaderOf(
  { leaders }: Prepared,
  { topic, partition }: ProducePart
): string | { readonly error: Error } {
  const found = leaders.of(topic)
  return 'error' in found ? found : String(found.leaders[partition] ?? nobody)
}

/** By node id; a parcel whose topic has an error is rejected. */
function byLeader(prepared: Prepared, parcels: readonly Parcel[]): Map<string, Parcel[]> {
  const groups = new Map<string, Parcel[]>()
  for (const parcel of parcels) {
    const leader = leaderOf(prepared, parcel)
    if (typeof leader !== 'string') {
      parcel.reject(leader.error)
      continue
    }
    const group = groups.get(leader) ?? []
    group.push(parcel)
    groups.set(leader, group)
  }
  return groups
}
