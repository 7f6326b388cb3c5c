// The Azure IoT Hub target over HTTPS: each batch of a device is a request, and its answer, 204, the confirmation. Connections
// are shared by all devices, since every request brings the token of its own.

import https from 'node:https'
import { FaultError } from '../../../schemas/errors.ts'
import type { Batch, Failure, Message, Outcome, Target, TargetEnv, TargetLimits } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import { openExchange } from '../../shared/http/connect.ts'
import { Exchange, type ExchangeSettings, type PostRequest } from '../../shared/http/exchange.ts'
import { Delivery } from '../../shared/publishing/delivery.ts'
import { Admission, type Asking } from '../admission.ts'
import { endpointOf, type HubEndpoint } from '../endpoint.ts'
import { DeviceIds } from '../event/device-ids.ts'
import { type DeviceEvent, Events } from '../event/events.ts'
import { httpsDefaults, refuseForeign } from '../mode.ts'
import type { IotHubTargetConfig } from '../target-config.ts'
import { isLetIn, outcomeOfAnswer, outcomeOfError } from './outcome.ts'
import { requestOf } from './request.ts'

const standardPort = 443
const defaultConnections = 64
/** Of one device. Each of its messages is in one at most. */
const batchesInFlight = 4
/** Below what servers use, so that we rarely write on a connection that is just being closed. */
const idleMs = 4_000

export class IotHubHttpsTarget implements Target {
  readonly limits: TargetLimits
  readonly #devices: DeviceIds
  readonly #events: Events
  readonly #endpoint: HubEndpoint
  readonly #admission: Admission
  readonly #exchange: ExchangeSettings
  readonly #maxRequestBytes: number
  readonly #closing = new AbortController()

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: IotHubTargetConfig, env: TargetEnv) {
    refuseForeign(config)
    const { maxMessages, maxBytes, maxConnections = defaultConnections, maxMessageBytes } = config
    this.limits = { maxMessages, maxBytes, batchesInFlight, totalBatchesInFlight: maxConnections }
    this.#devices = new DeviceIds(config.deviceId)
    this.#events = new Events(config, env)
    this.#endpoint = endpointOf(config, standardPort)
    this.#maxRequestBytes = maxMessageBytes
    const { clock, mask } = env
    const { hub, host, port, tls } = this.#endpoint
    this.#admission = new Admission(config, clock, hub)
    const { connectTimeoutMs, answerTimeoutMs, quotaPauseMs } = { ...httpsDefaults, ...config }
    this.#exchange = {
      agent: new https.Agent({ ...tls, keepAlive: true, maxSockets: maxConnections, timeout: idleMs }),
      ...{ host, port, clock, mask, connectTimeoutMs, answerTimeoutMs, outcomeOfError },
      late: { connect: 'iot_hub_connect_timeout', answer: 'iot_hub_answer_timeout' },
      outcomeOfAnswer: answer => outcomeOfAnswer(answer, { nowMs: clock.now(), quotaPauseMs })
    }
  }

  /** The device id, under which the hub counts and refuses. */
  destination(message: Message): string {
    return this.#devices.of(message)
  }

  /** Connects, TLS included, and sends nothing: a token is of a device. Throws a FaultError when nobody answers there. */
  open(signal: AbortSignal): Promise<void> {
    return openExchange(this.#endpoint, this.#exchange, [signal, this.#closing.signal])
  }

  /** As a rule one request; what must be divided is sent part after part, so that messages stay in order. */
  async deliver({ destination, messages }: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const delivery = new Delivery(messages, [[...messages.keys()]], 'iot_hub_predecessor_failed')
    for (let group = delivery.peek(); group !== undefined; group = delivery.peek()) {
      const outcome = await this.#send(destination, delivery.messagesOf(group), signal)
      // Of several messages it is not said which one is at fault, or whether they are only too many.
      if (isAboutMessage(outcome) && group.length > 1) {
        delivery.split()
        continue
      }
      delivery.take()
      delivery.settle(group, outcome)
      if (concernsAll(outcome)) delivery.giveUp(outcome, { ...outcome, kind: 'unsent' })
    }
    return delivery.outcome
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort(new FaultError('iot_hub_connect_failed', { detail: 'the target was closed' }))
    this.#exchange.agent.destroy()
    this.#admission.close()
  }

  async #send(device: string, messages: readonly Message[], signal: AbortSignal): Promise<Outcome> {
    const [first] = messages
    if (first === undefined) throw new FaultError('internal', { detail: 'a request without message' })
    if (device === '')
      return { kind: 'reject', code: 'iot_hub_message_unfit', detail: this.#devices.problemOf(first) }
    const events: DeviceEvent[] = []
    for (const message of messages) {
      const event = this.#events.of(message)
      if ('kind' in event) return event
      events.push(event)
    }
    const token = this.#admission.tokenOf(device, first)
    if (token === null) throw new FaultError('internal', { detail: 'a request without token' })
    if ('kind' in token) return token
    const request = requestOf(device, events, token.text)
    const { length } = request.body
    if (events.length > 1 && length > this.#maxRequestBytes)
      return { kind: 'reject', code: 'iot_hub_too_large', detail: `a batch of ${length} bytes` }
    return this.#ask(request, { device, token, signal })
  }

  async #ask(request: PostRequest, asking: Asking): Promise<Outcome> {
    const { signal } = asking
    if (signal.aborted) return outcomeOfError(abortFault(signal), false)
    const { outcome: answered } = new Exchange(this.#exchange, request, signal)
    const outcome = await this.#admission.watch(asking, answered, isLetIn)
    const isRefused = outcome.kind !== 'delivered' && outcome.code === 'iot_hub_unauthorized'
    return isRefused ? this.#admission.refused(asking, outcome.detail) : outcome
  }
}

function isAboutMessage(outcome: Outcome): boolean {
  return outcome.kind === 'reject' && outcome.scope !== 'device'
}

/** Whether what comes next would fare no better. */
function concernsAll(outcome: Outcome): outcome is Failure {
  return outcome.kind !== 'delivered' && outcome.kind !== 'reject' && outcome.scope !== 'device'
}
