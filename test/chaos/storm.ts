// Lets a schedule come true: each of its three tracks one fault after the other, none before its time. A track that
// is late, because something took longer to come back, leaves out what would begin after the end.

import type { LocalKafka } from '../../connectors/kafka/local/local.ts'
import type { Conduct, Named } from '../flows/harness/receiver.ts'
import type { Scene } from '../flows/harness/scene.ts'
import { tick } from '../flows/harness/until.ts'
import type { Crew } from './crew.ts'
import type { BrokerFault, CrewFault, ReceiverFault, Schedule } from './schedule.ts'

type Fault = BrokerFault | CrewFault | ReceiverFault

export interface StormParts {
  readonly scene: Scene
  readonly kafka: LocalKafka
  readonly crew: Crew
  /** Told of every fault when it begins. */
  readonly began: (what: string) => void
}

export class Storm {
  /** How many faults of each kind there were. */
  readonly faults: Record<string, number> = {}
  readonly #parts: StormParts
  #startedMs = 0

  constructor(parts: StormParts) {
    this.#parts = parts
  }

  /** Resolves when the schedule is over and everything that was taken away is back. */
  async run({ lengthMs, broker, crew, receiver }: Schedule): Promise<void> {
    this.#startedMs = Date.now()
    await Promise.all([
      this.#track(lengthMs, broker, fault => this.#strikeBroker(fault)),
      this.#track(lengthMs, crew, fault => this.#strikeCrew(fault)),
      this.#track(lengthMs, receiver, fault => this.#strikeReceiver(fault)),
      this.#until(lengthMs)
    ])
  }

  async #track<F extends Fault>(
    lengthMs: number,
    faults: readonly F[],
    strike: (fault: F) => Promise<void>
  ): Promise<void> {
    for (const fault of faults) {
      await this.#until(fault.atMs)
      if (Date.now() - this.#startedMs >= lengthMs) return
      this.faults[fault.kind] = (this.faults[fault.kind] ?? 0) + 1
      const { kind, atMs, forMs, ...about } = fault
      this.#parts.began(`${kind} for ${forMs} ms ${JSON.stringify(about)}`)
      await strike(fault)
    }
  }

  async #until(atMs: number): Promise<void> {
    await tick(Math.max(0, this.#startedMs + atMs - Date.now()))
  }

  /** By itself it excuses nothing: only that Kafka takes no commits for a while does (canary.ts). */
  async #strikeBroker({ node: id, forMs }: BrokerFault): Promise<void> {
    const { scene, kafka } = this.#parts
    const node = kafka.nodes.find(one => one.id === id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    await node.kill()
    await tick(forMs)
    await node.start(kafka.nodes.map(one => one.id))
    await scene.cluster.inSync(scene.topic)
  }

  async #strikeCrew({ kind, slots, forMs }: CrewFault): Promise<void> {
    const { crew } = this.#parts
    if (kind === 'joined') {
      for (const slot of slots) await crew.start(slot)
      return
    }
    const isKill = kind === 'killed' || kind === 'allKilled'
    await Promise.all(slots.map(slot => (isKill ? crew.kill(slot) : crew.stop(slot))))
    if (kind === 'left') return
    await tick(forMs)
    for (const slot of slots) await crew.start(slot)
  }

  async #strikeReceiver(fault: ReceiverFault): Promise<void> {
    const { receiver, fleet } = this.#parts.scene
    if (fault.kind === 'outage') await receiver.takeDown()
    receiver.conduct = conductOf(fault, fleet.devices[fault.device] ?? '')
    await tick(fault.forMs)
    receiver.conduct = () => 'accept'
    if (fault.kind === 'outage') await receiver.bringUp()
  }
}

/** How the receiver treats requests while a fault of it lasts. */
function conductOf(fault: ReceiverFault, device: string): (messages: readonly Named[]) => Conduct {
  const retryAfter = { 'retry-after': String(fault.retryAfterS) }
  const sometimes = (conduct: Conduct) => (): Conduct => (Math.random() < fault.share ? conduct : 'accept')
  switch (fault.kind) {
    case 'outage':
      return () => 'accept' // nothing comes
    case 'ignored':
      return () => 'ignore'
    case 'hung':
      return () => 'hang'
    case 'reset':
      return sometimes('reset')
    case 'throttled':
      return () => ({ status: 429, headers: retryAfter })
    case 'unavailable':
      return sometimes({ status: 503, headers: {} })
    case 'dribbled':
      return () => 'dribble'
    case 'trickled':
      return sometimes('trickle')
    case 'halved':
      return sometimes('half')
    case 'deviceThrottled':
      return messages =>
        messages.some(message => message.device === device) ? { status: 429, headers: {} } : 'accept'
  }
}
