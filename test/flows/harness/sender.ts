// Senders that keep on sending at a set rate for as long as a case lasts, and repeat what was not accepted, as a good
// sender does: each lane has one request under way, so the messages of its devices stay in order.

import type { Fleet, FleetMessage } from './fleet.ts'
import { tick, until } from './until.ts'

/** Stores messages; rejects when they may not be stored. */
export type Store = (messages: readonly FleetMessage[]) => Promise<void>

export interface SenderOptions {
  readonly fleet: Fleet
  readonly devices: readonly string[]
  readonly store: Store
  readonly perSecond: number
  /** Devices are divided among them. */
  readonly lanes: number
  readonly maxMessages: number
}

/** What a sender repeats at the latest after. */
const repeatAfterMs = 200

export class Sender {
  /** Messages known to be stored. */
  stored = 0
  /** Calls under way: at most one a lane. */
  underWay = 0
  /** Calls that were repeated. */
  repeats = 0
  /** The last reason for a repeat. */
  trouble = ''
  readonly #options: SenderOptions
  readonly #startedMs = Date.now()
  #isSending = true
  #isAbandoned = false
  #running: Promise<void>

  constructor(options: SenderOptions) {
    this.#options = options
    const { devices, lanes } = options
    const ofLane = (lane: number) => devices.filter((_, index) => index % lanes === lane)
    const loops = Array.from({ length: lanes }, (_, lane) => this.#run(ofLane(lane)))
    this.#running = Promise.all(loops).then(() => {})
  }

  /** Resolves once `messages` more have been stored. */
  async more(messages: number): Promise<void> {
    const goal = this.stored + messages
    await until(`${messages} more were stored`, () => this.stored >= goal, 300_000)
  }

  /** Resolves once at least `messages` were stored in all and nothing is under way any more. */
  async finish(messages: number): Promise<void> {
    await this.more(Math.max(0, messages - this.stored))
    this.#isSending = false
    await this.#running
  }

  /** Ends the sending at once; what is under way is not repeated. */
  abandon(): void {
    this.#isSending = false
    this.#isAbandoned = true
  }

  async #run(devices: readonly string[]): Promise<void> {
    const { fleet, lanes, perSecond, maxMessages } = this.#options
    let sent = 0
    for (let turn = 0; this.#isSending; ) {
      const due = Math.floor(((Date.now() - this.#startedMs) * perSecond) / lanes / 1000) - sent
      if (due < 1) {
        await tick(5)
        continue
      }
      const batch: FleetMessage[] = []
      while (batch.length < Math.min(due, maxMessages))
        batch.push(fleet.next(devices[turn++ % devices.length] ?? ''))
      await this.#store(batch)
      sent += batch.length
    }
  }

  async #store(batch: readonly FleetMessage[]): Promise<void> {
    while (!this.#isAbandoned) {
      this.underWay++
      try {
        await this.#options.store(batch)
        this.stored += batch.length
        return
      } catch (error) {
        this.repeats++
        this.trouble = String(error)
      } finally {
        this.underWay--
      }
      await tick(repeatAfterMs)
    }
  }
}

/** How long an answer to a POST may take. */
const postTimeoutMs = 30_000

/** Resolves when Tailrace has answered 200; rejects on anything else, as nothing may then have been stored. */
export async function post(url: string, messages: readonly string[]): Promise<void> {
  const body = `[${messages.join()}]`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(postTimeoutMs)
  })
  const answer = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${answer}`)
}
