// What Kafka knows of the group's progress, read again and again: right after a fault that may have taken the broker
// that could tell, the last answer from before it has to do.

import type { Commit } from '../../flows/harness/cluster.ts'
import type { Scene } from '../../flows/harness/scene.ts'
import { tick } from '../../flows/harness/until.ts'

const readEveryMs = 250
/** How far back it can be asked for. */
const kept = 60_000 / readEveryMs
/** Until the session of a process that died runs out, nobody else commits what was its. */
const patienceMs = 3_000

export type Commits = readonly Commit[]

export class CommitWatch {
  readonly #scene: Scene
  /** What was read, the last first. */
  #history: { readonly atMs: number; readonly commits: Commits }[] = []
  #isEnding = false

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** What Kafka told last. */
  get known(): Commits {
    return this.#history[0]?.commits ?? []
  }

  /** What Kafka had told by then. */
  knownAt(ms: number): Commits {
    return (this.#history.find(({ atMs }) => atMs <= ms) ?? this.#history.at(-1))?.commits ?? []
  }

  /** Resolves once it has read for the first time, and reads on until end(). */
  async start(): Promise<void> {
    this.#remember(await this.#scene.committed())
    void this.#run()
  }

  end(): void {
    this.#isEnding = true
  }

  /** As they are now, or were last if Kafka does not tell in time. */
  latest(): Promise<Commits> {
    return Promise.race([this.#read(), tick(patienceMs).then(() => this.known)])
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      this.#remember(await this.#read())
      await tick(readEveryMs)
    }
  }

  #remember(commits: Commits): void {
    this.#history = [{ atMs: Date.now(), commits }, ...this.#history.slice(0, kept)]
  }

  #read(): Promise<Commits> {
    return this.#scene.committed().catch(() => this.known)
  }
}
