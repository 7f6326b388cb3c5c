// One request on its way. undici reports its progress through the handler methods; they move the attempt through
// its phases, and the first thing that ends it decides the outcome:
//
//   queued ──> sent ──> answered ──> settled
//   no byte    perhaps   status and   exactly once; later
//   written    written   headers came reports are ignored

import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { type ErrorCode, FaultError, messageOf } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import type { Outcome } from '../../connector.ts'
import type { Mask } from '../../shared/mask.ts'
import { confirms, outcomeOfAnswer, outcomeOfError, type StatusRules } from '../outcome.ts'
import { Excerpt } from './excerpt.ts'

/** An answer longer than this is not read to its end; its connection is given up. */
const maxAnswerBytes = 65_536

export interface AttemptSettings {
  readonly clock: Clock
  readonly responseTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly rules: StatusRules
  readonly mask: Mask
}

export class Attempt implements Dispatcher.DispatchHandler {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  readonly #settings: AttemptSettings
  readonly #signal: AbortSignal
  readonly #excerpt = new Excerpt()
  #phase: 'queued' | 'sent' | 'answered' | 'settled' = 'queued'
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #retryAfter: string | undefined
  #answerBytes = 0
  #resolve: (outcome: Outcome) => void = () => {}
  #cancelTimer: () => void = () => {}

  constructor(settings: AttemptSettings, signal: AbortSignal) {
    this.#settings = settings
    this.#signal = signal
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    signal.addEventListener('abort', this.#aborted, { once: true })
  }

  /** A connection is there, and the next thing undici does is to write the request. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'settled') {
      controller.abort(new FaultError('attempt_aborted'))
      return
    }
    this.#controller = controller
    this.#phase = 'sent'
    this.#limit(this.#settings.responseTimeoutMs, 'http_response_timeout')
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#phase !== 'sent') return // 1xx announces the answer proper
    this.#phase = 'answered'
    this.#status = status
    this.#retryAfter = headers['retry-after']
    this.#limit(this.#settings.bodyTimeoutMs, 'http_body_timeout')
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== 'answered') return
    if (!this.#confirmed()) this.#excerpt.add(chunk)
    this.#answerBytes += chunk.length
    if (this.#answerBytes <= maxAnswerBytes) return
    this.#settle(this.#answer())
    controller.abort(new FaultError('attempt_aborted'))
  }

  onResponseEnd(): void {
    if (this.#phase === 'answered') this.#settle(this.#answer())
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(error)
  }

  /** A status that refuses stays a refusal without the rest of its body; one that confirms does not. */
  #fail(error: unknown): void {
    if (this.#phase === 'settled') return
    if (this.#phase !== 'answered') this.#settle(outcomeOfError(error, this.#phase === 'sent'))
    else if (this.#confirmed()) this.#settle(outcomeOfError(brokenOff(error), true))
    else this.#settle(this.#answer())
    this.#controller?.abort(new FaultError('attempt_aborted'))
  }

  readonly #aborted = () => {
    this.#fail(this.#signal.reason)
  }

  #confirmed(): boolean {
    return confirms(this.#status, this.#settings.rules)
  }

  #answer(): Outcome {
    const { clock, mask, rules } = this.#settings
    const excerpt = this.#confirmed() ? '' : this.#excerpt.text(mask)
    return outcomeOfAnswer(
      { status: this.#status, retryAfter: this.#retryAfter, excerpt },
      rules,
      clock.now()
    )
  }

  #limit(timeoutMs: number, code: ErrorCode): void {
    this.#cancelTimer()
    const detail = `after ${timeoutMs} ms`
    this.#cancelTimer = this.#settings.clock.after(timeoutMs, () =>
      this.#fail(new FaultError(code, { detail }))
    )
  }

  #settle(outcome: Outcome): void {
    const { mask } = this.#settings
    this.#phase = 'settled'
    this.#cancelTimer()
    this.#signal.removeEventListener('abort', this.#aborted)
    this.#resolve('detail' in outcome ? { ...outcome, detail: mask.apply(outcome.detail) } : outcome)
  }
}

/** A lost connection in the middle of an answer; time-outs and aborts keep their own names. */
function brokenOff(error: unknown): unknown {
  const ours = error instanceof FaultError || (error instanceof Error && error.name === 'AbortError')
  return ours ? error : new FaultError('http_answer_incomplete', { detail: messageOf(error), cause: error })
}
