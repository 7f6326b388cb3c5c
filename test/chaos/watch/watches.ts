// Everything that is watched during a run beside what arrives: what Kafka knows of the group, whether it takes commits
// at all, and whether the event loops run. Whatever of it excuses repeats is written down as a fault of the scene.

import { systemClock } from '../../../connectors/clock.ts'
import type { LocalKafka } from '../../../connectors/kafka/local/local.ts'
import type { LogLine } from '../../flows/harness/instance.ts'
import type { Scene } from '../../flows/harness/scene.ts'
import { Canary, type Outage } from './canary.ts'
import { CanaryGroup } from './canary-group.ts'
import { CommitWatch } from './commit-watch.ts'
import { watchPauses } from './pauses.ts'
import { Scrapes } from './scrapes.ts'
import { Stalls } from './stalls.ts'

/** Options of Node for a process that is to be watched. */
export const watchedNode = ['--import', new URL('./tell-pauses.js', import.meta.url).href]

export class Watches {
  readonly commits: CommitWatch
  readonly #scene: Scene
  readonly #tell: (what: string) => void
  readonly #canary: Canary
  readonly #canaryGroup: CanaryGroup
  readonly #stalls: Stalls
  readonly scrapes = new Scrapes()
  #unwatch = () => {}
  #running = Promise.resolve()

  constructor(scene: Scene, kafka: LocalKafka, tell: (what: string) => void) {
    this.#scene = scene
    this.#tell = tell
    this.commits = new CommitWatch(scene)
    this.#canaryGroup = new CanaryGroup(scene, kafka.brokers)
    this.#canary = new Canary({
      clock: systemClock,
      commit: () => this.#canaryGroup.commit(),
      known: () => this.commits.known,
      onOutage: outage => this.#excuse(outage)
    })
    this.#stalls = new Stalls({
      nowMs: Date.now,
      arrivals: () => scene.ledger.arrivals,
      knownAt: ms => this.commits.knownAt(ms)
    })
  }

  /** The group must have members. Resolves once Kafka has told of its commits. */
  async start(): Promise<void> {
    await this.commits.start()
    this.#running = this.#canary.run()
    this.#unwatch = watchPauses(pausedMs => this.#paused(pausedMs))
  }

  /** A line of an instance's log. */
  heard(instance: string, line: LogLine): void {
    this.#stalls.heard(instance, line)
    this.scrapes.heard(instance, line)
  }

  async end(): Promise<void> {
    this.commits.end()
    this.#canary.end()
    this.#unwatch()
    await this.#running
    await this.#canaryGroup.close()
    await this.scrapes.stop()
    this.#scene.addFaults(this.#stalls.faults())
  }

  complaints(): string[] {
    return this.#stalls.complaints()
  }

  #excuse({ lastedMs, before }: Outage): void {
    this.#tell(`Kafka took no commits for ${lastedMs} ms`)
    void this.#scene.noteFault(before)
  }

  #paused(pausedMs: number): void {
    this.#tell(`the harness stood still for ${pausedMs} ms`)
    this.#stalls.paused(pausedMs)
  }
}
