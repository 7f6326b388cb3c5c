// The Google Pub/Sub target: a batch is taken apart into requests of one ordering key each, which are under way at the same
// time; a request is confirmed by the ids in its answer alone. Nothing is repeated here, nor held back for company.

import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
import type { Batch, Message, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { abortFault } from '../shared/abort.ts'
import { hideTokens } from '../shared/mask.ts'
import { detailOf } from '../shared/tls.ts'
import { Wait } from '../shared/wait.ts'
import { Access, secretsOf, type Token } from './client/access.ts'
import { addressOf } from './client/address.ts'
import { Connection, metadataOf } from './client/connection.ts'
import type { Ended } from './client/link.ts'
import { isTokenRefusal, outcomeOfFault, outcomeOfStatus } from './outcome.ts'
import { Delivery, type Surroundings, type Way } from './publish/delivery.ts'
import { Publications } from './publish/publications.ts'
import { type PublishRequest, Requests } from './publish/requests.ts'
import { Slots } from './publish/slots.ts'
import type { PubsubTargetConfig } from './target-config.ts'

/** PERMISSION_DENIED: who may publish need not be allowed to look at the topic (roles/pubsub.publisher is not). */
const permissionDenied = 7
const maxDetailCharacters = 600

export class PubsubTarget implements Target {
  readonly limits: TargetLimits
  readonly #publications: Publications
  readonly #connection: Connection
  readonly #connectTimeoutMs: number
  readonly #around: Surroundings
  /** Ends what is under way. */
  readonly #giveUps = new Set<(fault: FaultError) => void>()

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: PubsubTargetConfig, env: TargetEnv) {
    const { maxMessages, maxBytes, batchesInFlight, connectTimeoutMs, responseTimeoutMs } = config
    this.limits = { maxMessages, maxBytes, batchesInFlight }
    this.#publications = new Publications(config, env)
    const { secureContext, credentials, ...address } = addressOf(config)
    const { clock } = env
    const access = config.emulator === undefined ? new Access(address.options) : null
    const options = { ...address.options, ...(access !== null && { auth: access.auth }) }
    this.#connection = new Connection({ clock, options, secureContext, connectTimeoutMs })
    this.#connectTimeoutMs = connectTimeoutMs
    const own = secretsOf(credentials)
    this.#around = {
      ...{ clock, responseTimeoutMs, access, rules: this.#publications },
      slots: new Slots(config.maxInFlight),
      masked: text => env.mask.apply(own.apply(hideTokens(text))).slice(0, maxDetailCharacters),
      silent: link => this.#connection.retire(link)
    }
  }

  /** Connects, gets a token, and asks for the topic. Throws a FaultError when one of them is wrong. */
  async open(signal: AbortSignal): Promise<void> {
    try {
      const way = await this.#way(signal)
      const { topic } = this.#publications
      if (topic !== null) await this.#find(topic, way, signal)
    } catch (error) {
      throw this.#masked(error)
    }
  }

  async deliver({ messages }: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    if (signal.aborted) return outcomeOfFault(abortFault(signal), false)
    const delivery = new Delivery(this.#around, messages.length)
    const requests = this.#requests(messages, delivery)
    const giveUp = (fault: FaultError) => delivery.giveUp(fault)
    const aborted = () => giveUp(abortFault(signal))
    this.#giveUps.add(giveUp)
    signal.addEventListener('abort', aborted, { once: true })
    try {
      await delivery.run(requests, await this.#way(signal))
    } catch (error) {
      delivery.fail(requests, outcomeOfFault(this.#masked(error), false))
    } finally {
      this.#giveUps.delete(giveUp)
      signal.removeEventListener('abort', aborted)
    }
    return delivery.outcomes
  }

  async close(): Promise<void> {
    const fault = new FaultError('attempt_aborted', { detail: 'the target was closed' })
    for (const giveUp of this.#giveUps) giveUp(fault)
    this.#connection.close()
  }

  /** What cannot be sent is settled by it. */
  #requests(messages: readonly Message[], delivery: Delivery): readonly PublishRequest[] {
    const requests = new Requests()
    for (const [at, message] of messages.entries()) {
      try {
        requests.add(message, { at, publication: this.#publications.of(message) })
      } catch (error) {
        const { code, detail = '' } =
          error instanceof FaultError
            ? error
            : new FaultError('pubsub_message_unfit', {
                detail: `nothing can be made of it: ${detailOf(error)}`
              })
        delivery.settle(at, { kind: 'reject', code, detail })
      }
    }
    return requests.list
  }

  /** Rejects with a FaultError when there is no token, or no connection. */
  async #way(signal: AbortSignal): Promise<Way> {
    const { access } = this.#around
    const token = access === null ? null : await this.#token(access, signal)
    return { token, link: await this.#connection.get(signal) }
  }

  async #token(access: Access, signal: AbortSignal): Promise<Token> {
    const token = access.get()
    await this.#wait(signal, 'pubsub_token_unavailable', wait => {
      token.then(
        () => wait.end(),
        error => wait.end(error)
      )
    })
    return token
  }

  async #find(topic: string, { link, token }: Way, signal: AbortSignal): Promise<void> {
    let cancel = () => {}
    let ended: Ended = { ids: [] }
    try {
      await this.#wait(signal, 'pubsub_connect_timeout', wait => {
        cancel = link.getTopic(topic, {
          metadata: metadataOf(topic, token),
          ended: one => {
            ended = one
            wait.end()
          }
        })
      })
    } finally {
      cancel()
    }
    this.#judge(ended, token)
  }

  /** Throws a FaultError when the answer means that nothing can be published. */
  #judge(ended: Ended, token: Token | null): void {
    const { access, rules } = this.#around
    if ('ids' in ended || (ended.status.isAnswer && ended.status.code === permissionDenied)) {
      if (token !== null) token.wasAccepted = true
      return
    }
    const { status } = ended
    if (token !== null && isTokenRefusal(status)) access?.refused(token)
    const { code, detail } = outcomeOfStatus(status, rules)
    throw new FaultError(status.isAnswer ? code : 'pubsub_connect_failed', { detail })
  }

  /** Waits for what `begin` starts, for as long as connecting may take, or until the signal or close(). */
  async #wait(signal: AbortSignal, code: ErrorCode, begin: (wait: Wait) => void): Promise<void> {
    const { clock } = this.#around
    const wait = new Wait({ clock, timeoutMs: this.#connectTimeoutMs, code, signal })
    const giveUp = (fault: FaultError) => wait.end(fault)
    this.#giveUps.add(giveUp)
    try {
      begin(wait)
      await wait.done
    } finally {
      this.#giveUps.delete(giveUp)
      wait.end()
    }
  }

  #masked(error: unknown): FaultError {
    const fault =
      error instanceof FaultError ? error : new FaultError('target_threw', { detail: detailOf(error) })
    return new FaultError(fault.code, { detail: this.#around.masked(fault.detail ?? '') })
  }
}
