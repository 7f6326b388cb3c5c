// An HTTP receiver that keeps what it confirms: for each device its messages in the order of their first arrival.

import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Reply } from '../../../../connectors/http/double.ts'
import type { Stage } from '../stage.ts'

type Message = Readonly<Record<string, unknown>>

export class Collector {
  arrivals = 0
  readonly #byDevice = new Map<string, Set<string>>()
  readonly #deviceOf: (message: Message) => string
  readonly #double: HttpDouble

  private constructor(deviceOf: (message: Message) => string) {
    this.#deviceOf = deviceOf
    this.#double = new HttpDouble({ clock: systemClock, reply: ({ body }) => this.#take(body) })
  }

  /** `deviceOf` says which device a message is of. */
  static async open(
    stage: Stage,
    deviceOf: (message: Message) => string = ({ ident }) => String(ident)
  ): Promise<Collector> {
    const collector = await stage.opened(new Collector(deviceOf))
    await collector.#double.start()
    return collector
  }

  get url(): string {
    return `${this.#double.url}/telemetry`
  }

  /** Messages that differ. */
  get distinct(): number {
    return [...this.#byDevice.values()].reduce((sum, messages) => sum + messages.size, 0)
  }

  /** Those of each device, in the order of their first arrival, each with its fields in alphabetical order. */
  get byDevice(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#byDevice].map(([device, messages]) => [device, [...messages]]))
  }

  stop(): Promise<void> {
    return this.#double.stop()
  }

  #take(body: Buffer): Reply {
    for (const message of JSON.parse(body.toString()) as Message[]) {
      const device = this.#deviceOf(message)
      const messages = this.#byDevice.get(device) ?? new Set()
      this.#byDevice.set(device, messages)
      messages.add(canonical(message))
      this.arrivals++
    }
    return { kind: 'answer', status: 200 }
  }
}

/** The same text for the same JSON, whatever the order of names and the notation of numbers. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )
}

/** Where the messages of each device, or their order, differ; a sentence each, the first few. */
export function differences(
  found: ReadonlyMap<string, readonly string[]>,
  expected: ReadonlyMap<string, readonly string[]>
): string[] {
  const devices = new Set([...found.keys(), ...expected.keys()])
  const different: string[] = []
  for (const device of devices) {
    const [got = [], wanted = []] = [found.get(device), expected.get(device)]
    const at = wanted.findIndex((message, index) => message !== got[index])
    if (at >= 0) different.push(`${device}, message ${at}: expected ${wanted[at]}, got ${got[at]}`)
    else if (got.length > wanted.length)
      different.push(
        `${device}: ${got.length} messages instead of ${wanted.length}, then ${got[wanted.length]}`
      )
  }
  return different.length > 3 ? [...different.slice(0, 3), `${different.length} devices differ`] : different
}
