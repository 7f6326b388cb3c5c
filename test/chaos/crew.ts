// The Tailrace processes of a run: each has a slot, may be away for a while, and comes back into it as a new process.

import type { Instance } from '../flows/harness/instance.ts'
import type { Scene } from '../flows/harness/scene.ts'
import { until } from '../flows/harness/until.ts'
import { type Watches, watchedNode } from './watch/watches.ts'

/** Short, so that a target that hangs is tried several times while it does. */
const answerTimeoutMs = 5_000

/** What a process must not have logged. */
const forbidden = ['accounts_imbalanced', 'rejection_unhandled', 'stream_halted'] as const

export class Crew {
  readonly #scene: Scene
  readonly #watches: Watches
  readonly #slots = new Map<number, Instance>()
  readonly #all: Instance[] = []
  #turn = 0

  constructor(scene: Scene, watches: Watches) {
    this.#scene = scene
    this.#watches = watches
  }

  /** A process that takes messages over HTTP, each in turn. Throws while there is none. */
  get taking(): Instance {
    const listening = [...this.#slots.values()].filter(instance => instance.isListening)
    const next = listening[this.#turn++ % Math.max(1, listening.length)]
    if (next === undefined) throw new Error('there is no process')
    return next
  }

  async start(slot: number): Promise<void> {
    const instance = await this.#scene.spawn({
      answerTimeoutMs,
      nodeOptions: watchedNode,
      onLine: (name, line) => this.#watches.heard(name, line)
    })
    this.#slots.set(slot, instance)
    this.#all.push(instance)
  }

  /** Resolves once every process delivers. */
  async running(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(instance => instance.running()))
  }

  async kill(slot: number): Promise<void> {
    await this.#scene.kill(this.#take(slot), () => this.#watches.commits.latest())
  }

  /** In order: that excuses nothing. */
  async stop(slot: number): Promise<void> {
    const instance = this.#take(slot)
    // Before, it may not listen to signals either, and die of one.
    await until(`${instance.name} listens`, () => instance.isListening)
    await this.#scene.stop(instance)
  }

  /** What its processes did that none must do. */
  complaints(): string[] {
    const failed = this.#all.filter(instance => instance.hasFailed)
    const logged = this.#all.flatMap(instance =>
      forbidden.filter(event => instance.logged(event) > 0).map(event => `${instance.name} logged ${event}`)
    )
    return [...failed.map(({ name }) => `${name} ended by itself`), ...logged]
  }

  #take(slot: number): Instance {
    const instance = this.#slots.get(slot)
    if (instance === undefined) throw new Error(`there is no process in slot ${slot}`)
    this.#slots.delete(slot)
    return instance
  }
}
