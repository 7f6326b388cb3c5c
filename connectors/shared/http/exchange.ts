// One request over HTTPS and its answer. It is sent once: what comes of it, within the time it has, is one outcome. What was
// sent is confirmed by an answer that has come to its end, and by nothing else.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import https from 'node:https'
import { TLSSocket } from 'node:tls'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import type { Failure, Outcome } from '../../connector.ts'
import { abortFault } from '../abort.ts'
import type { Mask } from '../mask.ts'
import { Excerpt } from './excerpt.ts'

export interface PostRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Buffer
}

/** An answer that has come whole. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of its body, free of secrets. */
  readonly said: string
}

export interface ExchangeSettings {
  readonly agent: https.Agent
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly mask: Mask
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
  /** Of the faults that what takes too long is told with. */
  readonly late: { readonly connect: ErrorCode; readonly answer: ErrorCode }
  outcomeOfAnswer(answer: Answer): Outcome
  /** `sent`: whether the request may have been written. */
  outcomeOfError(error: unknown, sent: boolean): Failure
}

export class Exchange {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  readonly #settings: ExchangeSettings
  readonly #request: ReturnType<typeof https.request>
  readonly #signal: AbortSignal
  readonly #giveUp = () => this.#fail(abortFault(this.#signal))
  #isSent = false
  #cancelTimer: () => void
  #resolve: (outcome: Outcome) => void = () => {}

  constructor(settings: ExchangeSettings, { path, headers, body }: PostRequest, signal: AbortSignal) {
    this.#settings = settings
    this.#signal = signal
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    const { agent, host, port, connectTimeoutMs, late } = settings
    this.#request = https
      .request({ agent, host, port, method: 'POST', path, headers })
      .once('socket', socket => {
        // One that stands already is not always called reused: not if the request waited for it in line.
        const isOpen = !(socket instanceof TLSSocket) || socket.authorized
        if (isOpen) this.#sending()
        else socket.once('secureConnect', () => this.#sending())
      })
      .once('response', response => {
        const said = new Excerpt()
        response
          .on('data', (chunk: Buffer) => said.add(chunk))
          .once('end', () => this.#answer(response, said))
          .on('error', error => this.#fail(error))
      })
      .on('error', error => this.#fail(error))
    // Not before there is a request to give up: making it may throw.
    this.#cancelTimer = this.#failIn(connectTimeoutMs, late.connect)
    signal.addEventListener('abort', this.#giveUp, { once: true })
    this.#request.end(body)
  }

  #sending(): void {
    if (this.#isSent) return
    this.#isSent = true
    this.#cancelTimer()
    this.#cancelTimer = this.#failIn(this.#settings.answerTimeoutMs, this.#settings.late.answer)
  }

  #failIn(delayMs: number, code: ErrorCode): () => void {
    const { clock } = this.#settings
    return clock.after(delayMs, () => this.#fail(new FaultError(code, { detail: `after ${delayMs} ms` })))
  }

  #answer({ statusCode = 0, headers }: IncomingMessage, said: Excerpt): void {
    const { mask } = this.#settings
    this.#settle(this.#settings.outcomeOfAnswer({ status: statusCode, headers, said: said.text(mask) }))
  }

  #fail(error: unknown): void {
    this.#settle(this.#settings.outcomeOfError(error, this.#isSent))
    this.#request.destroy()
  }

  #settle(outcome: Outcome): void {
    this.#cancelTimer()
    this.#signal.removeEventListener('abort', this.#giveUp)
    this.#resolve(outcome)
  }
}
