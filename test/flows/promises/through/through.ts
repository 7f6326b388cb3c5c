// A fleet through every kind of target at the same time: a stream for each, to the very double that stands against it in its
// conformance suite. Each double is killed twice while messages are on their way, and comes back a moment later.

import { byDevice } from '../../../conformance/fleet.ts'
import { uniqueName } from '../../../kafka.ts'
import { until, untilNoneIsLeft } from '../../harness/until.ts'
import { type EnginePromise, type Findings, unless } from '../promise.ts'
import type { Process, Stage } from '../stage.ts'
import { fill, type Numbered, readNumbered } from './numbered.ts'
import { OtherSide } from './other-side.ts'
import { targets } from './targets.ts'

/** A double stays down until so many more messages are in Kafka. */
const missed = 200

export const through: EnginePromise = {
  name: 'through',
  title:
    'a fleet through every kind of target arrives whole and in order, though each of them is killed twice',
  async run(stage) {
    const sides = await Promise.all(targets.map(target => OtherSide.open(stage, target)))
    const story = new Story(stage, sides, await stage.createTopic())
    return story.tell()
  }
}

class Story {
  readonly #stage: Stage
  readonly #sides: readonly OtherSide[]
  readonly #topic: string
  readonly #prefix = uniqueName('through')
  readonly #messages: readonly Numbered[] = readNumbered()
  #sent = 0

  constructor(stage: Stage, sides: readonly OtherSide[], topic: string) {
    this.#stage = stage
    this.#sides = sides
    this.#topic = topic
  }

  async tell(): Promise<Findings> {
    const instance = await this.#stage.start(this.#process)
    const told = (count: number) => {
      this.#sent = count
    }
    const filled = fill(this.#stage, this.#topic, { messages: this.#messages, told })
    const [, ...found] = await Promise.all([filled, ...this.#sides.map(side => this.#follow(side))])
    const streams = await instance.streams()
    const deadLetters = streams.map(({ name, accounts }) => ({ name, count: accounts.dead_lettered ?? 0 }))
    await this.#stage.stop(instance)
    return {
      complaints: [
        ...found.flatMap(({ complaints }) => complaints),
        ...unless(
          ...deadLetters.map(({ name, count }) => [count === 0, `${name}: ${count} dead letters`] as const)
        )
      ],
      shortfalls: [],
      figures: {
        messages: this.#messages.length,
        ...Object.assign({}, ...found.map(({ figures }) => figures))
      }
    }
  }

  /** Kills it twice, and then waits until all is there. */
  async #follow(side: OtherSide): Promise<Findings> {
    const underWay: number[] = []
    for (const share of [1 / 3, 2 / 3]) {
      const goal = share * this.#messages.length
      const missing = await untilNoneIsLeft(() => Math.max(0, Math.ceil(goal) - side.ids.size))
      if (missing > 0)
        throw new Error(`${side.name} lacks ${missing} of ${Math.ceil(goal)} messages, and gets none`)
      underWay.push(this.#sent - side.confirmed)
      await side.double.stop()
      const back = Math.min(this.#messages.length, this.#sent + missed)
      await until('there is more to send', () => this.#sent >= back)
      await side.double.start()
    }
    const lost = await untilNoneIsLeft(() => this.#messages.length - side.ids.size)
    await this.#stage.settled(this.#groupOf(side), this.#topic)
    return {
      complaints: this.#complaintsAbout(side, lost, underWay),
      shortfalls: [],
      figures: {
        [side.name]: [
          `lost ${lost}`,
          `arrivals ${side.arrivals}`,
          `on their way when it was killed ${underWay.join(' and ')}`
        ]
      }
    }
  }

  #complaintsAbout({ name, ids, confirmed }: OtherSide, lost: number, underWay: readonly number[]): string[] {
    const found = byDevice([...ids])
    const wanted = byDevice(this.#messages.map(({ id }) => id))
    const outOfOrder = Object.keys(wanted).filter(device => wanted[device] !== found[device])
    return unless(
      [lost === 0, `${name}: ${lost} messages were lost`],
      [confirmed === ids.size, `${name}: ${ids.size - confirmed} messages were never confirmed`],
      [outOfOrder.length === 0, `${name}: ${outOfOrder.length} devices are not as they were sent`],
      [underWay.every(count => count > 0), `${name}: nothing was on its way when it was killed`]
    )
  }

  get #process(): Process {
    const streams = this.#sides.map(side => [side.name, { group: this.#groupOf(side), target: side.target }])
    return {
      topic: this.#topic,
      streams: Object.fromEntries(streams),
      env: { METADATA_SERVER_DETECTION: 'none' }
    }
  }

  #groupOf({ name }: OtherSide): string {
    return `${this.#prefix}.${name}`
  }
}
