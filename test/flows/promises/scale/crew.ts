// As many processes as are wanted of one stream, each started and stopped as a pod is: a new one joins the group, and one
// that is told to end drains and leaves it.

import { uniqueName } from '../../../kafka.ts'
import type { Instance } from '../../harness/instance.ts'
import { until } from '../../harness/until.ts'
import { partitionCount, type Stage } from '../stage.ts'

export class Crew {
  readonly group = uniqueName('scale')
  readonly instances: Instance[] = []
  readonly #stage: Stage
  readonly #topic: string
  readonly #stream: Readonly<Record<string, unknown>>

  /** `stream` is what the stream is told, its target among it. */
  constructor(stage: Stage, topic: string, stream: Readonly<Record<string, unknown>>) {
    this.#stage = stage
    this.#topic = topic
    this.#stream = stream
  }

  /** Resolves once there are so many, and each has its share of the partitions. */
  async resize(count: number): Promise<void> {
    while (this.instances.length > count) {
      // The oldest leaves first, as in a rolling update: the others have to take over what is in full flow.
      const leaving = this.instances.shift()
      if (leaving !== undefined) await this.#stage.stop(leaving)
    }
    while (this.instances.length < count) this.instances.push(await this.#start())
    if (count > 0) await until(`${count} processes share the partitions`, () => this.#isShared())
  }

  async #start(): Promise<Instance> {
    const { group } = this
    // What the stream is told has a target, which its type here does not say.
    const acme = { ...this.#stream, group } as { group: string; target: unknown }
    return this.#stage.start({ topic: this.#topic, streams: { acme }, partitions: 1 })
  }

  async #isShared(): Promise<boolean> {
    const streams = await Promise.all(this.instances.map(instance => instance.stream()))
    const open = streams.map(
      stream => stream?.partitions.filter(({ settledTo }) => settledTo !== null).length ?? 0
    )
    const least = Math.floor(partitionCount / this.instances.length)
    return (
      open.every(count => count >= least) && open.reduce((sum, count) => sum + count, 0) === partitionCount
    )
  }
}
