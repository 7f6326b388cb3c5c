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
import type { Message, Outcome } from '../../connector.ts'
import { cutTo, Excerpt } from '../../shared/http/excerpt.ts'
import type { Mask } from '../../shared/mask.ts'
import type { Judge } from './judge.ts'
import { outcomeOfError, unreadable } from './outcome.ts'

/** The longest detail of an outcome: an excerpt with what stands before it, or the reason that an answer gives for a message. */
const detailCharacters = 600

/** An answer longer than this is not read to its end; its connection is given up. */
const maxAnswerBytes = 65_536
/** The same where the body tells what became of the messages, of which it may name each. */
const maxReadBytes = 4_194_304

export interface AttemptSettings {
  readonly clock: Clock
  readonly responseTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly judge: Judge
  readonly mask: Mask
}

export class Attempt implements Dispatcher.DispatchHandler {
  /** Never rejects. */
  readonly outcome: Promise<Outcome | Outcome[]>
  readonly #messages: readonly Message[]
  readonly #settings: AttemptSettings
  readonly #signal: AbortSignal
  readonly #excerpt = new Excerpt()
  #phase: 'queued' | 'sent' | 'answered' | 'settled' = 'queued'
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #retryAfter: string | undefined
  #answerBytes = 0
  /** The status alone says that the target has the messages, once the answer has ended. */
  #confirms = false
  /** Null where the status says enough. */
  #body: Buffer[] | null = null
  #resolve: (outcome: Outcome | Outcome[]) => void = () => {}
  #cancelTimer: () => void = () => {}

  constructor(settings: AttemptSettings, messages: readonly Message[], signal: AbortSignal) {
    this.#settings = settings
    this.#messages = messages
    this.#signal = signal
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    signal.addEventListener('abort', this.#aborted, { once: true })
  }

  /** It was given up before it was sent. */
  get isSettled(): boolean {
    return this.#phase === 'settled'
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
    const { judge } = this.#settings
    this.#confirms = judge.confirms(status)
    if (judge.reads(status)) this.#body = []
    this.#limit(this.#settings.bodyTimeoutMs, 'http_body_timeout')
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== 'answered') return
    if (!this.#confirms) this.#excerpt.add(chunk)
    this.#answerBytes += chunk.length
    this.#body?.push(chunk)
    if (this.#answerBytes <= (this.#body === null ? maxAnswerBytes : maxReadBytes)) return
    this.#settle(this.#cutOff())
    controller.abort(new FaultError('attempt_aborted'))
  }

  onResponseEnd(): void {
    if (this.#phase !== 'answered') return
    this.#settle(this.#answer(this.#body === null ? null : Buffer.concat(this.#body).toString()))
  }

  onResponseError(_: unknown, error: Error): void {
    this.fail(error)
  }

  /** A status that refuses stays a refusal without the rest of its body; one that confirms, or needs it, does not. */
  fail(error: unknown): void {
    if (this.#phase === 'settled') return
    if (this.#phase !== 'answered') this.#settle(outcomeOfError(error, this.#phase === 'sent'))
    else if (this.#confirms || this.#body !== null) this.#settle(outcomeOfError(brokenOff(error), true))
    else this.#settle(this.#answer(null))
    this.#controller?.abort(new FaultError('attempt_aborted'))
  }

  readonly #aborted = () => {
    this.fail(this.#signal.reason)
  }

  #answer(body: string | null): Outcome | Outcome[] {
    const { clock, judge } = this.#settings
    return judge.outcome({ ...this.#head(), body }, this.#messages, clock.now())
  }

  /** What has come of a long answer counts, unless the rest would have told. */
  #cutOff(): Outcome | Outcome[] {
    if (this.#body === null) return this.#answer(null)
    return unreadable(this.#head(), `its body is longer than ${maxReadBytes} bytes`)
  }

  #head() {
    const excerpt = this.#confirms ? '' : this.#excerpt.text(this.#settings.mask)
    return { status: this.#status, retryAfter: this.#retryAfter, excerpt }
  }

  #limit(timeoutMs: number, code: ErrorCode): void {
    this.#cancelTimer()
    const detail = `after ${timeoutMs} ms`
    this.#cancelTimer = this.#settings.clock.after(timeoutMs, () =>
      this.fail(new FaultError(code, { detail }))
    )
  }

  #settle(outcome: Outcome | Outcome[]): void {
    const { mask } = this.#settings
    const safe = (detail: string) => cutTo(detailCharacters, mask.apply(detail))
    const masked = (one: Outcome): Outcome => {
      if ('detail' in one) return { ...one, detail: safe(one.detail) }
      // Beyond the status it is of the body.
      return one.answer?.includes(':') ? { ...one, answer: safe(one.answer) } : one
    }
    this.#phase = 'settled'
    this.#cancelTimer()
    this.#signal.removeEventListener('abort', this.#aborted)
    this.#resolve(Array.isArray(outcome) ? outcome.map(masked) : masked(outcome))
  }
}

/** A lost connection in the middle of an answer; time-outs and aborts keep their own names. */
function brokenOff(error: unknown): unknown {
  const ours = error instanceof FaultError || (error instanceof Error && error.name === 'AbortError')
  return ours ? error : new FaultError('http_answer_incomplete', { detail: messageOf(error), cause: error })
}
