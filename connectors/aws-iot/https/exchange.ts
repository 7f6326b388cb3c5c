// One request and its answer. It is sent once: what comes of it, within the time it has, is one outcome. What was sent is
// confirmed by an answer that has come to its end, and by nothing else.

import https from 'node:https'
import { TLSSocket } from 'node:tls'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import type { Outcome } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import { Excerpt } from '../../shared/http/excerpt.ts'
import type { Mask } from '../../shared/mask.ts'
import { outcomeOfError, outcomeOfStatus } from './outcome.ts'
import type { PublishRequest } from './request.ts'

export interface ExchangeSettings {
  readonly agent: https.Agent
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly mask: Mask
  readonly haveTopics: boolean
  readonly connectTimeoutMs: number
  readonly ackTimeoutMs: number
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

  constructor(settings: ExchangeSettings, { path, headers, body }: PublishRequest, signal: AbortSignal) {
    this.#settings = settings
    this.#signal = signal
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    const { agent, host, port, connectTimeoutMs } = settings
    this.#cancelTimer = this.#failIn(connectTimeoutMs, 'mqtt_connect_timeout')
    signal.addEventListener('abort', this.#giveUp, { once: true })
    this.#request = https
      .request({ agent, host, port, method: 'POST', path, headers })
      .once('socket', socket => {
        const isOpen = this.#request.reusedSocket || !(socket instanceof TLSSocket)
        if (isOpen) this.#sending()
        else socket.once('secureConnect', () => this.#sending())
      })
      .once('response', response => {
        const said = new Excerpt()
        response
          .on('data', (chunk: Buffer) => said.add(chunk))
          .once('end', () => this.#answer(response.statusCode ?? 0, said))
          .on('error', error => this.#fail(error))
      })
      .on('error', error => this.#fail(error))
    this.#request.end(body)
  }

  #sending(): void {
    if (this.#isSent) return
    this.#isSent = true
    this.#cancelTimer()
    this.#cancelTimer = this.#failIn(this.#settings.ackTimeoutMs, 'mqtt_ack_timeout')
  }

  #failIn(delayMs: number, code: 'mqtt_connect_timeout' | 'mqtt_ack_timeout'): () => void {
    const { clock } = this.#settings
    return clock.after(delayMs, () => this.#fail(new FaultError(code, { detail: `after ${delayMs} ms` })))
  }

  #answer(status: number, said: Excerpt): void {
    const { haveTopics, mask } = this.#settings
    this.#settle(outcomeOfStatus(status, said.text(mask), haveTopics))
  }

  #fail(error: unknown): void {
    this.#settle(outcomeOfError(error, this.#isSent))
    this.#request.destroy()
  }

  #settle(outcome: Outcome): void {
    this.#cancelTimer()
    this.#signal.removeEventListener('abort', this.#giveUp)
    this.#resolve(outcome)
  }
}
