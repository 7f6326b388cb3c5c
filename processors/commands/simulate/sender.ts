// A good sender: one request at a time, so that order holds; repeated unchanged until it is accepted or refused for
// what it contains; patient with a receiver that is away or busy.

import { type Clock, pauseFor } from '../../../connectors/clock.ts'
import { parseRetryAfter } from '../../../connectors/shared/http/retry-after.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'

const requestTimeoutMs = 30_000
const firstPauseMs = 100
const longestPauseMs = 5000

export interface SenderOptions {
  readonly url: string
  readonly token: string | undefined
  readonly clock: Clock
}

/** What happened so far; messages, except `retries`, which are requests. */
export interface Sent {
  sent: number
  accepted: number
  refused: number
  retries: number
  /** What the last failure was, empty while all goes well. */
  trouble: string
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

export class Sender {
  readonly counts: Sent = { sent: 0, accepted: 0, refused: 0, retries: 0, trouble: '' }
  readonly #options: SenderOptions
  readonly #mask: Mask

  constructor(options: SenderOptions) {
    this.#options = options
    this.#mask = new Mask(options.token === undefined ? [] : [options.token])
  }

  /**
   * Resolves once these messages are accepted or refused, or the signal fired. Throws a FaultError `send_refused`
   * when the receiver takes nothing from us at this address.
   */
  async send(messages: readonly string[], signal: AbortSignal): Promise<void> {
    const body = `[${messages.join(',')}]`
    this.counts.sent += messages.length
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const answer = await this.#post(body, signal)
      if (this.#isSettled(answer, messages.length)) return
      if (signal.aborted) return
      this.counts.retries++
      await pauseFor(this.#options.clock, this.#waitMs(answer, pauseMs), signal)
    }
  }

  /** The answer, or what went wrong on the way to it. */
  async #post(body: string, signal: AbortSignal): Promise<Answer | Error> {
    const { url, token } = this.#options
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
    }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)])
    try {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit })
      const retryAfter = response.headers.get('retry-after') ?? undefined
      return { status: response.status, retryAfter, body: await response.text() }
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      return new Error(messageOf(cause), { cause: error })
    }
  }

  #isSettled(answer: Answer | Error, messages: number): boolean {
    this.counts.trouble = answer instanceof Error ? this.#mask.apply(answer.message) : `HTTP ${answer.status}`
    if (answer instanceof Error || isTemporary(answer.status)) return false
    if (answer.status >= 200 && answer.status < 300) {
      this.counts.trouble = ''
      this.counts.accepted += messages
      return true
    }
    const detail = `HTTP ${answer.status} ${this.#mask.apply(answer.body).trim().slice(0, 300)}`.trim()
    if (!isForContent(answer.status)) throw new FaultError('send_refused', { detail })
    this.counts.trouble = detail
    this.counts.refused += messages
    return true
  }

  #waitMs(answer: Answer | Error, pauseMs: number): number {
    const asked =
      answer instanceof Error ? undefined : parseRetryAfter(answer.retryAfter, this.#options.clock.now())
    return Math.max(asked ?? 0, pauseMs)
  }
}

function isTemporary(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/** The next messages may fare better. */
function isForContent(status: number): boolean {
  return status === 400 || status === 413 || status === 422
}
