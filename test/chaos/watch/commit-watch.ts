// What Kafka knows of the group's progress, read again and again: right after a fault that may have taken the broker
// that could tell, the last answer from before it has to do.

import type { Commit } from '../../flows/harness/cluster.ts'
import type { Scene } from '../../flows/harness/scene.ts'
import { tick } from '../../flows/harness/until.ts'

const readEveryMs = 250
/** Until the session of a process that died runs out, nobody else commits what was its. */
const patienceMs = 3_000

export type Commits = readonly Commit[]

export class CommitWatch {
  readonly #scene: Scene
  #known: Commits = []
  #isEnding = false

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** What Kafka told last. */
  get known(): Commits {
    return this.#known
  }

  /** Resolves once it has read for the first time, and reads on until end(). */
  async start(): Promise<void> {
    this.#known = await this.#scene.committed()
    void this.#run()
  }

  end(): void {
    this.#isEnding = true
  }

  /** As they are now, or were last if Kafka does not tell in time. */
  latest(): Promise<Commits> {
    return Promise.race([this.#read(), tick(patienceMs).then(() => this.#known)])
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      this.#known = await this.#read()
      await tick(readEveryMs)
    }
  }

  #read(): Promise<Commits> {
    return this.#scene.committed().catch(() => this.#known)
  }
}
