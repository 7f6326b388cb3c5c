// The AWS IoT Core target over HTTPS: each message, or payload of several, is a request, and its answer the confirmation.
// There is no connection with a rate of its own, and no client id; a request costs more than a PUBLISH.

import https from 'node:https'
import { FaultError } from '../../../schemas/errors.ts'
import type { Batch, Failure, Outcome, Target, TargetEnv, TargetLimits } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import { type Endpoint, openExchange } from '../../shared/http/connect.ts'
import { Exchange, type ExchangeSettings } from '../../shared/http/exchange.ts'
import { type Publication, Publications } from '../../shared/mqtt/publish/publications.ts'
import { Delivery } from '../../shared/publishing/delivery.ts'
import { endpointOf } from '../endpoint.ts'
import { checkFor, topicOf } from '../publish-rules.ts'
import type { AwsIotTargetConfig } from '../target-config.ts'
import { outcomeOfError, outcomeOfStatus } from './outcome.ts'
import { requestOf } from './request.ts'

/** Below what servers use, so that we rarely write on a connection that is just being closed. */
const idleMs = 4_000

export class AwsIotHttpsTarget implements Target {
  readonly limits: TargetLimits
  readonly #config: AwsIotTargetConfig
  readonly #publications: Publications
  readonly #endpoint: Endpoint
  readonly #settings: ExchangeSettings
  readonly #closing = new AbortController()

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: AwsIotTargetConfig, env: TargetEnv) {
    for (const path of ['connections', 'publishesPerSecond', 'clientId'] as const)
      if (config[path] !== undefined)
        throw new FaultError('config_invalid', { path, detail: 'has no meaning with mode https' })
    if (config.version === '3.1.1')
      throw new FaultError('config_invalid', { path: 'version', detail: 'must be 5 with mode https' })
    const { format, maxMessages, maxBytes, batchesInFlight, connectTimeoutMs, ackTimeoutMs } = config
    this.limits = { maxMessages: format === 'object' ? 1 : maxMessages, maxBytes, batchesInFlight }
    this.#config = config
    const publish = { ...config, topic: topicOf(config) }
    this.#publications = new Publications({
      ...{ config: publish, isVersion5: true, env },
      check: checkFor(config.limits)
    })
    this.#endpoint = endpointOf(config)
    const { host, port, tls } = this.#endpoint
    const agent = new https.Agent({
      ...tls,
      keepAlive: true,
      maxSockets: batchesInFlight,
      timeout: idleMs
    })
    const { clock, mask } = env
    const { haveTopics } = this.#publications
    this.#settings = {
      ...{ agent, host, port, clock, mask, connectTimeoutMs, answerTimeoutMs: ackTimeoutMs, outcomeOfError },
      late: { connect: 'mqtt_connect_timeout', answer: 'mqtt_ack_timeout' },
      outcomeOfAnswer: ({ status, said }) => outcomeOfStatus(status, said, haveTopics)
    }
  }

  /** Connects, TLS included, and sends nothing. Throws a FaultError when nobody answers there. */
  open(signal: AbortSignal): Promise<void> {
    return openExchange(this.#endpoint, this.#settings, [signal, this.#closing.signal])
  }

  /** One request after the other, so that the messages of a device stay in order. */
  async deliver({ messages }: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const groups = this.#publications.group(messages, () => false)
    const delivery = new Delivery(messages, groups, 'mqtt_predecessor_failed')
    for (let group = delivery.peek(); group !== undefined; group = delivery.peek()) {
      const publication = this.#publications.tryOf(delivery.messagesOf(group))
      // Of several messages it is not said which one is at fault, or whether they are only too many.
      if ('kind' in publication && group.length > 1) {
        delivery.split()
        continue
      }
      delivery.take()
      const outcome = 'kind' in publication ? publication : await this.#publish(publication, signal)
      delivery.settle(group, outcome)
      if (concernsAll(outcome)) delivery.giveUp(outcome, { ...outcome, kind: 'unsent' })
    }
    return delivery.outcome
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort(new FaultError('mqtt_connect_failed', { detail: 'the target was closed' }))
    this.#settings.agent.destroy()
  }

  #publish(publication: Publication, signal: AbortSignal): Promise<Outcome> | Failure {
    if (signal.aborted) return outcomeOfError(abortFault(signal), false)
    return new Exchange(this.#settings, requestOf(publication, this.#config), signal).outcome
  }
}

/** Whether what comes next would fare no better. */
function concernsAll(outcome: Outcome): outcome is Failure {
  return outcome.kind !== 'delivered' && outcome.kind !== 'reject' && outcome.scope !== 'device'
}
