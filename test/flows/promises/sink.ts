// An HTTP receiver in the harness' own process that writes every message of a request it confirms into a ledger before
// it answers, after a latency. It may refuse requests because of what is in them, and be down for a while.

import { systemClock } from '../../../connectors/clock.ts'
import { HttpDouble, type Reply } from '../../../connectors/http/double.ts'
import { identify } from '../harness/fleet.ts'
import { Ledger } from '../harness/ledger.ts'
import type { Named } from '../harness/receiver.ts'
import { Pace } from './pace.ts'
import type { Stage } from './stage.ts'

export interface SinkOptions {
  readonly latencyMs: number
  /** Whether a message spoils the request it is in, which is then answered with 400. */
  readonly isBad?: (device: string, seq: number) => boolean
}

/** What a request that holds a refused device is answered with. */
export const deviceRefused = 404

/** What a refused request is answered with. */
export const refusal = 'a message of this request cannot be taken'

/** How long an answer may take on its way. */
const answerMs = 50

export class Sink {
  readonly ledger = new Ledger()
  /** Of first arrivals. */
  readonly pace = new Pace()
  requests = 0
  /** Devices that are not registered here. */
  readonly refused = new Set<string>()
  /** Requests that were refused because of one of them. */
  refusals = 0
  readonly #unanswered = new Set<readonly Named[]>()
  readonly #options: SinkOptions
  readonly #double: HttpDouble

  private constructor(options: SinkOptions) {
    this.#options = options
    this.#double = new HttpDouble({ clock: systemClock, reply: ({ body }) => this.#take(body) })
    this.ledger.onFirst = () => this.pace.note()
  }

  static async open(stage: Stage, options: SinkOptions): Promise<Sink> {
    const sink = await stage.opened(new Sink(options))
    await sink.start()
    return sink
  }

  get url(): string {
    return `${this.#double.url}/telemetry`
  }

  start(): Promise<void> {
    return this.#double.start()
  }

  /** Refuses connections from now on and cuts those that are open. */
  stop(): Promise<void> {
    for (const messages of this.#unanswered)
      for (const { device, seq } of messages) this.ledger.doubt(device, seq)
    return this.#double.stop()
  }

  #take(body: Buffer): Reply {
    this.requests++
    const { latencyMs, isBad } = this.#options
    const messages: Named[] = JSON.parse(body.toString()).map(identify)
    if (this.refused.size > 0 && messages.some(({ device }) => this.refused.has(device))) {
      this.refusals++
      return { kind: 'answer', status: deviceRefused, body: 'unit unknown', afterMs: latencyMs }
    }
    for (const { device, seq } of messages)
      if (isBad?.(device, seq)) return { kind: 'answer', status: 400, body: refusal, afterMs: latencyMs }
    for (const { device, seq } of messages) this.ledger.record(device, seq)
    this.#unanswered.add(messages)
    setTimeout(() => this.#unanswered.delete(messages), latencyMs + answerMs)
    return { kind: 'answer', status: 200, afterMs: latencyMs }
  }
}
