// What a receiver counts. A message counts as received unless its request was refused, so one whose answer was
// withheld counts too, and again when the sender repeats it.

import type { Clock } from '../../../connectors/clock.ts'
import type { Reply } from '../../../connectors/http/double.ts'
import { grouped, RateMeter, type Report } from '../terminal/progress.ts'

export class Tally {
  readonly #devices = new Set<unknown>()
  readonly #answers = new Map<string, number>()
  readonly #rate: RateMeter
  #messages = 0
  #requests = 0
  #last = ''

  constructor(clock: Clock) {
    this.#rate = new RateMeter(clock)
  }

  /** One request with its messages, and how it is answered. */
  add(messages: readonly unknown[], reply: Reply): void {
    this.#requests++
    const answer = reply.kind === 'answer' ? String(reply.status) : reply.kind
    this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1)
    if (isRefusal(reply)) return
    this.#messages += messages.length
    for (const message of messages) this.#devices.add(identOf(message))
    const last = messages.at(-1)
    if (last !== undefined) this.#last = JSON.stringify(last)
  }

  /** What came so far; the rate since the last report. */
  report(): Report {
    const rate = this.#rate.next(this.#messages)
    return { fields: this.#fields(rate), line: `${this.#summary()}, ${grouped(rate)}/s  ${this.#last}` }
  }

  /** What came in all; the rate over the whole time. */
  end(): Report {
    return { fields: this.#fields(this.#rate.mean(this.#messages)), line: `Received ${this.#summary()}` }
  }

  #fields(messagesPerSecond: number) {
    const answers = Object.fromEntries(this.#answers)
    const counts = { messages: this.#messages, devices: this.#devices.size, requests: this.#requests }
    return { ...counts, messagesPerSecond, answers }
  }

  #summary(): string {
    const answers = [...this.#answers].map(([answer, count]) => `${answer}: ${grouped(count)}`).join(', ')
    const requests = `${grouped(this.#requests)} requests${answers === '' ? '' : ` (${answers})`}`
    return `${grouped(this.#messages)} messages of ${grouped(this.#devices.size)} devices in ${requests}`
  }
}

/** The sender is told that nothing was taken. */
export function isRefusal(reply: Reply): boolean {
  return reply.kind === 'answer' && (reply.status < 200 || reply.status >= 300)
}

function identOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'ident' in message ? message.ident : undefined
}
