// A batch on its way: its requests are sent as soon as those before them are confirmed and there is a slot, each once. A
// request that is refused because of one of its messages is taken apart until that message stands alone. What concerns all
// messages, such as a lost connection, leaves those unsent that were not sent yet.

import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import type { Failure, Outcome } from '../../connector.ts'
import { detailOf } from '../../shared/tls.ts'
import type { Access, Token } from '../client/access.ts'
import { metadataOf } from '../client/connection.ts'
import type { Ended, Link } from '../client/link.ts'
import { isRefusal, isTokenRefusal, outcomeOfFault, outcomeOfStatus, type StatusRules } from '../outcome.ts'
import type { Entry, PublishRequest } from './requests.ts'
import type { Slots } from './slots.ts'

export interface Surroundings {
  readonly clock: Clock
  /** What the other side says, without secrets. */
  readonly masked: (text: string) => string
  readonly slots: Slots
  readonly rules: StatusRules
  readonly responseTimeoutMs: number
  /** Null with an emulator. */
  readonly access: Access | null
  /** A request had no answer in time, and neither had any other since it was sent. */
  silent(link: Link): void
}

/** Over what the requests go. */
export interface Way {
  readonly link: Link
  readonly token: Token | null
}

/** `fault`: it was sent, and had no answer. */
type Called = Ended | { readonly fault: FaultError } | { readonly unsent: FaultError }

export class Delivery {
  readonly #around: Surroundings
  readonly #outcomes: (Outcome | undefined)[]
  readonly #running = new Set<(fault: FaultError) => void>()
  /** Why nothing more is sent. */
  #stopped: Failure | null = null
  #way: Way | null = null

  /** For a batch of so many messages. */
  constructor(around: Surroundings, messages: number) {
    this.#around = around
    this.#outcomes = new Array<Outcome | undefined>(messages).fill(undefined)
  }

  /** One for each message, once run() has resolved. */
  get outcomes(): Outcome[] {
    return this.#outcomes.map(
      outcome => outcome ?? { kind: 'unknown', code: 'target_threw', detail: 'a message was forgotten' }
    )
  }

  settle(at: number, outcome: Outcome): void {
    this.#outcomes[at] = outcome
  }

  /** Sends all requests; never rejects. */
  async run(requests: readonly PublishRequest[], way: Way): Promise<void> {
    this.#way = way
    const sent: Promise<Failure | null>[] = []
    for (const request of requests) {
      const before = [...request.after].map(index => sent[index])
      sent.push(this.#send(request, before))
    }
    await Promise.all(sent)
  }

  /** None of these can be sent. What has an outcome already keeps it. */
  fail(requests: readonly PublishRequest[], failure: Failure): void {
    for (const { entries } of requests)
      for (const { at } of entries) if (this.#outcomes[at] === undefined) this.settle(at, failure)
  }

  /** What is under way is unknown, the rest unsent. */
  giveUp(fault: FaultError): void {
    this.stop(outcomeOfFault(fault, false))
    for (const end of this.#running) end(fault)
  }

  /** Nothing more is sent. */
  stop(failure: Failure): void {
    this.#stopped ??= { ...failure, kind: 'unsent' }
    this.#around.slots.giveUp(this)
  }

  /** Resolves with what keeps from sending what comes behind it; null when nothing does. */
  async #send(
    { topic, entries }: PublishRequest,
    before: readonly (Promise<Failure | null> | undefined)[]
  ): Promise<Failure | null> {
    for (const one of before) {
      const failure = await one
      if (failure != null) return this.#leave(entries, failure)
    }
    if (this.#stopped !== null) return this.#leave(entries, this.#stopped)
    const { slots } = this.#around
    const slot = slots.take(this)
    if (slot !== true && !(await slot)) return this.#leave(entries, this.#stopped)
    try {
      return await this.#publish(topic, entries)
    } finally {
      slots.giveBack()
    }
  }

  async #publish(topic: string, entries: readonly Entry[]): Promise<Failure | null> {
    if (this.#stopped !== null) return this.#leave(entries, this.#stopped)
    const called = await this.#call(topic, entries)
    const token = this.#way?.token ?? null
    if ('ids' in called && token !== null) token.wasAccepted = true
    if ('ids' in called && called.ids.length === entries.length) {
      entries.forEach(({ at }, index) => {
        this.settle(at, { kind: 'delivered', answer: called.ids[index] ?? '' })
      })
      return null
    }
    if ('status' in called && isRefusal(called.status) && entries.length > 1)
      return this.#halve(topic, entries)
    const failure = this.#failureOf(called, entries.length)
    for (const { at } of entries) this.settle(at, failure)
    if (failure.kind === 'reject') return failure.scope === 'device' ? failure : null
    this.stop(failure)
    return failure
  }

  /** Nothing of a request that was refused is taken, so its halves are no repeats. */
  async #halve(topic: string, entries: readonly Entry[]): Promise<Failure | null> {
    const middle = entries.length >> 1
    const failure = await this.#publish(topic, entries.slice(0, middle))
    if (failure !== null) return this.#leave(entries.slice(middle), failure)
    return this.#publish(topic, entries.slice(middle))
  }

  /** These are not sent, for the reason of others. */
  #leave(entries: readonly Entry[], reason: Failure | null): Failure {
    const failure: Failure = {
      ...(reason ?? { code: 'attempt_aborted', detail: '' }),
      kind: 'unsent'
    }
    for (const { at } of entries) this.settle(at, failure)
    return failure
  }

  #call(topic: string, entries: readonly Entry[]): Promise<Called> {
    const { clock, responseTimeoutMs } = this.#around
    const way = this.#way
    if (way === null) throw new FaultError('internal', { detail: 'a call without a connection' })
    const { link, token } = way
    const answersBefore = link.answers
    return new Promise(resolve => {
      let giveUp = () => {}
      const settle = (called: Called) => {
        cancelTimer()
        this.#running.delete(end)
        resolve(called)
      }
      const end = (fault: FaultError) => {
        settle({ fault })
        giveUp()
      }
      const cancelTimer = clock.after(responseTimeoutMs, () => {
        end(new FaultError('pubsub_response_timeout', { detail: `after ${responseTimeoutMs} ms` }))
        if (link.answers === answersBefore) this.#around.silent(link)
      })
      this.#running.add(end)
      const messages = entries.map(({ publication: { data, attributes, orderingKey } }) => ({
        ...{ data, attributes, orderingKey }
      }))
      try {
        giveUp = link.publish(topic, messages, { metadata: metadataOf(topic, token), ended: settle })
      } catch (error) {
        // The connection was closed meanwhile, such as by others for which it had fallen silent.
        settle({ unsent: new FaultError('pubsub_connect_failed', { detail: detailOf(error) }) })
      }
    })
  }

  #failureOf(called: Called, messages: number): Failure {
    if ('fault' in called) return outcomeOfFault(called.fault, true)
    if ('unsent' in called) return outcomeOfFault(called.unsent, false)
    if ('ids' in called) {
      const detail = `${called.ids.length} ids for ${messages} messages`
      return { kind: 'unknown', code: 'pubsub_answer_malformed', detail }
    }
    const { masked, rules } = this.#around
    const details = masked(called.status.details)
    const failure = outcomeOfStatus({ ...called.status, details }, rules)
    const token = this.#way?.token ?? null
    if (token === null || !isTokenRefusal(called.status)) return failure
    this.#around.access?.refused(token)
    return token.wasAccepted
      ? { kind: 'retry', code: 'pubsub_token_refused', detail: failure.detail }
      : failure
  }
}
