// A receiver that wants every message of a device numbered, and judges all requests that it ever gets, those that it refuses
// among them: no gap, no number for two messages, and a message that comes again has its number.

import { createHash } from 'node:crypto'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Reply } from '../../../../connectors/http/double.ts'
import { identify } from '../../harness/fleet.ts'
import type { Stage } from '../stage.ts'

export const field = 'toll.seq'

/** Each request is answered by the next of these, again and again. */
const answers = [200, 200, 200, 503, 200, 200, 429, 200, 200, 200, 200] as const

export class Toll {
  /** What was not as it must be. */
  readonly complaints: string[] = []
  requests = 0
  refusals = 0
  repeats = 0
  /** Devices that are not registered here. */
  readonly refused = new Set<string>()
  /** The highest number of each device. */
  readonly last = new Map<string, number>()
  /** SHA-256 of each message as it arrived, by `device:seq`. */
  readonly hashes = new Map<string, string>()
  /** Messages that were confirmed. */
  readonly confirmed = new Set<string>()
  readonly #numbers = new Map<string, number>()
  readonly #double: HttpDouble

  private constructor() {
    this.#double = new HttpDouble({ clock: systemClock, reply: ({ body }) => this.#take(body) })
  }

  static async open(stage: Stage): Promise<Toll> {
    const toll = await stage.opened(new Toll())
    await toll.#double.start()
    return toll
  }

  get url(): string {
    return `${this.#double.url}/telemetry`
  }

  stop(): Promise<void> {
    return this.#double.stop()
  }

  #take(body: Buffer): Reply {
    const messages: Record<string, unknown>[] = JSON.parse(body.toString())
    const ids = messages.map(message => this.#judge(message))
    const unknown = messages.some(message => this.refused.has(String(message.ident)))
    const status = unknown ? 404 : (answers[this.requests % answers.length] ?? 200)
    this.requests++
    if (status === 200) for (const id of ids) this.confirmed.add(id)
    else this.refusals++
    return { kind: 'answer', status, body: status === 200 ? 'taken' : 'not now', afterMs: 3 }
  }

  #judge(message: Record<string, unknown>): string {
    const { [field]: number, ...rest } = message
    const { device, seq } = identify(rest)
    const id = `${device}:${seq}`
    const known = this.#numbers.get(id)
    this.hashes.set(id, createHash('sha256').update(JSON.stringify(message)).digest('hex'))
    if (known !== undefined) {
      this.repeats++
      if (known !== number) this.complaints.push(`${id} came with ${known}, and again with ${number}`)
      return id
    }
    const next = (this.last.get(device) ?? 0) + 1
    if (number !== next) this.complaints.push(`${id} has the number ${number}, and the next is ${next}`)
    this.last.set(device, Number(number))
    this.#numbers.set(id, Number(number))
    return id
  }
}
