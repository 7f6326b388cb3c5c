// The HTTP target with its receiver played: requests are built, timed out and judged as in earnest, and go nowhere. What
// the receiver answers is told in one line: `200`, `429 retry-after 7`, `503 after 5s`, `400 unit unknown`, `hang`,
// `reset`, `refused`. Where `parts` says what becomes of single messages, a status of those that it reads, with nothing behind
// it, takes all of them.

import type { Dispatcher } from 'undici'
import { parseDuration } from '../../schemas/time.ts'
import type { Clock } from '../clock.ts'
import type { Message, Misbehaviour, Rehearsal, Target } from '../connector.ts'
import { acceptingBody } from './answer/accepting.ts'
import { Judge } from './answer/judge.ts'
import { RequestController } from './controller.ts'
import type { Reply } from './double.ts'
import type { Transport } from './request/transport.ts'
import type { HttpTargetConfig } from './target-config.ts'

/** What a receiver does, and that there is none. */
type Played = Extract<Reply, { kind: 'answer' | 'hang' | 'reset' }> | { readonly kind: 'refused' }

export const httpRehearsal: Rehearsal<HttpTargetConfig> = {
  examples: ['200', '429 retry-after 7', '503 after 5s', '400 unit unknown', 'hang', 'reset', 'refused'],
  isAnswer: text => parse(text) !== null,
  accepts: config => String(statusOf(config)),
  misbehaviours,
  async create(config, env, next) {
    const { HttpTarget } = await import('./target.ts')
    // What takes time before a request is made changes nothing about its answer.
    const { oauth2: _, ...rest } = config
    const receiver = new PlayedReceiver(config, next)
    const transport = new PlayedTransport(env.clock, () => receiver.reply())
    return receiver.lookingOn(new HttpTarget({ ...rest, compression: 'none' }, env, transport))
  }
}

/** A status that can mean that the target has the messages. */
function statusOf({ success, parts }: HttpTargetConfig): number {
  return success?.[0] ?? parts?.status?.[0] ?? 200
}

function misbehaviours(config: HttpTargetConfig): Misbehaviour[] {
  const { refusesDevice } = config
  const [deviceStatus] = refusesDevice
  const refused = (status: number) => !refusesDevice.includes(status)
  return [
    { title: 'is not there for two minutes', answers: ['refused until 2m'] },
    { title: 'answers 503 for two minutes', answers: ['503 until 2m'] },
    { title: 'answers 429 three times, with 30 seconds to wait', answers: ['429 retry-after 30 x3'] },
    { title: 'takes three requests and never answers', answers: ['hang x3'] },
    { title: 'resets every connection for two minutes', answers: ['reset until 2m'] },
    {
      title: 'takes its time: 20 seconds for each answer',
      answers: [`${statusOf(config)} after 20s until 10m`]
    },
    { title: 'answers 500 to one device', answers: ['500 when b until 10m'] },
    { title: 'refuses one message', answers: ['400 when b2'] },
    { title: 'finds one message too large', answers: ['413 when b2'] },
    { title: 'loses the connection over one message', answers: ['reset when b2'] },
    ...(deviceStatus === undefined
      ? []
      : [
          { title: 'does not know one device for ten minutes', answers: [`${deviceStatus} when b until 10m`] }
        ]),
    { title: 'refuses the credentials for ten minutes', answers: ['401 until 10m'] },
    ...(refused(404) ? [{ title: 'has another address for ten minutes', answers: ['404 until 10m'] }] : []),
    { title: 'redirects for ten minutes', answers: ['302 until 10m'] },
    { title: 'refuses everything', answers: ['400 until 1h'] }
  ]
}

const answer = /^([1-9]\d\d)(?: retry-after (\d+))?(?: after ([^ ]+))?(?: (.+))?$/

/** What looks like a mistyped instruction is no text of an answer, or it would go unnoticed. */
const instruction = /(^| )(x ?\d|when|until|after|retry)/i

function parse(text: string): Played | null {
  if (text === 'hang' || text === 'reset' || text === 'refused') return { kind: text }
  const [, status, retryAfter, after = '0ms', body = ''] = answer.exec(text) ?? []
  const afterMs = parseDuration(after)
  if (status === undefined || afterMs === null || Number(status) < 200) return null
  if (instruction.test(body)) return null
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return { kind: 'answer', status: Number(status), headers, body, afterMs }
}

/** Who answers: it knows what is in a request, so that it can say of each message that it was taken. */
class PlayedReceiver {
  readonly #config: HttpTargetConfig
  readonly #judge: Judge
  readonly #next: () => string
  #messages: readonly Message[] = []

  constructor(config: HttpTargetConfig, next: () => string) {
    this.#config = config
    this.#judge = new Judge(config)
    this.#next = next
  }

  /** Passes everything on to a target, which makes its request while it is given a batch. */
  lookingOn(target: Target): Target {
    const { limits } = target
    return {
      limits,
      ...(target.destination !== undefined && {
        destination: message => target.destination?.(message) ?? ''
      }),
      open: signal => target.open(signal),
      deliver: (batch, signal) => {
        this.#messages = batch.messages
        return target.deliver(batch, signal)
      },
      close: () => target.close()
    }
  }

  reply(): Played {
    const played = parse(this.#next()) ?? { kind: 'hang' }
    const { parts } = this.#config
    if (played.kind !== 'answer' || played.body !== '' || parts === undefined) return played
    if (!this.#judge.speaksOfParts(played.status)) return played
    return { ...played, body: acceptingBody(parts, this.#messages) ?? '' }
  }
}

class PlayedTransport implements Transport {
  readonly #clock: Clock
  readonly #reply: () => Played

  constructor(clock: Clock, reply: () => Played) {
    this.#clock = clock
    this.#reply = reply
  }

  async try(): Promise<void> {}

  dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const played = this.#reply()
    const request = new PlayedRequest(handler)
    if (played.kind !== 'refused') handler.onRequestStart?.(request, {})
    if (played.kind === 'refused') request.fail('ECONNREFUSED', 'connection refused')
    if (played.kind === 'reset') request.fail('ECONNRESET', 'connection reset by the receiver')
    if (played.kind === 'answer')
      this.#clock.after(played.afterMs ?? 0, () => {
        if (!request.aborted) request.answer(played)
      })
  }

  async close(): Promise<void> {}
}

/** One request, as undici shows it to its handler. */
class PlayedRequest extends RequestController {
  readonly #handler: Dispatcher.DispatchHandler

  constructor(handler: Dispatcher.DispatchHandler) {
    super()
    this.#handler = handler
  }

  answer({ status, headers = {}, body = '' }: Extract<Played, { kind: 'answer' }>): void {
    this.#handler.onResponseStart?.(this, status, headers as Record<string, string>, '') // as parse() makes them
    if (body.length > 0) this.#handler.onResponseData?.(this, Buffer.from(body))
    this.#handler.onResponseEnd?.(this, {})
  }

  fail(code: string, message: string): void {
    this.#handler.onResponseError?.(this, Object.assign(new Error(message), { code }))
  }
}
