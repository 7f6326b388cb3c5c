// The Azure IoT Hub target over MQTT: each device has a connection of its own, taken from a pool, since the hub knows a device
// by its connection. What an answer or a failure means is decided in outcome.ts and admission.ts.

import { FaultError } from '../../../schemas/errors.ts'
import type { Batch, Failure, Message, Outcome, Target, TargetEnv, TargetLimits } from '../../connector.ts'
import { tryConnection } from '../../shared/http/connect.ts'
import { faultOfError } from '../../shared/mqtt/outcome.ts'
import type { Publication } from '../../shared/mqtt/publish/publications.ts'
import { Pool } from '../../shared/publishing/pool.ts'
import { Admission, type Asking } from '../admission.ts'
import { endpointOf, type HubEndpoint } from '../endpoint.ts'
import { DeviceIds } from '../event/device-ids.ts'
import { Events } from '../event/events.ts'
import { mqttDefaults, refuseForeign } from '../mode.ts'
import type { IotHubTargetConfig } from '../target-config.ts'
import { Certificates } from './certificates.ts'
import { ConnectTurns } from './connect-turns.ts'
import { DeviceConnection, type DeviceConnectionSettings, type Publish } from './device-connection.ts'
import { explainFault, outcomeOfOpening } from './outcome.ts'
import { maxTopicBytes, publicationOf } from './topic.ts'

const ports = { tcp: 8883, webSocket: 443 }
const webSocketPath = '/$iothub/websocket'
/** With it the hub does not ask for a certificate. */
const noCertificate = '?iothub-no-client-cert=true'
const defaultConnections = 1_000

export class IotHubMqttTarget implements Target {
  readonly limits: TargetLimits
  readonly #config: IotHubTargetConfig & typeof mqttDefaults
  readonly #env: TargetEnv
  readonly #devices: DeviceIds
  readonly #events: Events
  readonly #endpoint: HubEndpoint
  readonly #admission: Admission
  readonly #certificates: Certificates | null
  readonly #pool: Pool<DeviceConnection>
  readonly #closing = new AbortController()

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: IotHubTargetConfig, env: TargetEnv) {
    refuseForeign(config)
    const { maxMessages, maxBytes, maxConnections: connections = defaultConnections, certificates } = config
    this.limits = { maxMessages, maxBytes, batchesInFlight: 1, totalBatchesInFlight: connections }
    this.#config = { ...mqttDefaults, ...config }
    this.#env = env
    this.#devices = new DeviceIds(config.deviceId)
    this.#events = new Events(config, env)
    this.#endpoint = endpointOf(config, config.webSocket ? ports.webSocket : ports.tcp)
    this.#admission = new Admission(config, env.clock, this.#endpoint.hub)
    this.#certificates = certificates === undefined ? null : new Certificates(certificates, config.tls.ca)
    const settings = this.#connectionSettings()
    this.#pool = new Pool({
      ...{ clock: env.clock, connections, idleMs: this.#config.idleMs },
      create: device => new DeviceConnection(settings, device)
    })
  }

  /** The device id: one connection is of one device. */
  destination(message: Message): string {
    return this.#devices.of(message)
  }

  /** Connects, TLS included, and sends nothing: a token is of a device. Throws a FaultError when nobody answers there. */
  async open(signal: AbortSignal): Promise<void> {
    const { connectTimeoutMs: timeoutMs } = this.#config
    const signals = [signal, this.#closing.signal]
    try {
      const options = {
        clock: this.#env.clock,
        timeoutMs,
        lateCode: 'iot_hub_connect_timeout',
        signals
      } as const
      await tryConnection(this.#endpoint, options)
    } catch (error) {
      throw explainFault(faultOfError(error, false))
    }
  }

  async deliver({ destination, messages }: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const [first] = messages
    if (destination === '' || first === undefined) return messages.map(message => this.#unfit(message))
    const token = this.#admission.tokenOf(destination, first)
    if (token !== null && 'kind' in token) return token
    const asking = { device: destination, token, signal }
    const connection = await this.#connectionFor(asking)
    if ('kind' in connection) return messages.map(() => connection)
    try {
      const outcome = await connection.send(messages, this.#publishAs(destination), signal)
      if (isAnyDelivered(outcome)) this.#admission.confirmed()
      return outcome
    } finally {
      this.#pool.release(connection)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new FaultError('iot_hub_connect_failed', { detail: 'the target was closed' }))
    this.#admission.close()
    await this.#pool.close()
  }

  async #connectionFor(asking: Asking): Promise<DeviceConnection | Failure> {
    try {
      return await this.#pool.acquire(asking.device, asking.signal, connection =>
        this.#open(connection, asking)
      )
    } catch (error) {
      const fault = faultOfError(error, false)
      const failure = outcomeOfOpening(fault)
      if (fault.code === 'iot_hub_unauthorized') return this.#admission.refused(asking, failure.detail)
      if (fault.code === 'iot_hub_certificate_missing') return { ...failure, kind: 'reject', scope: 'device' }
      if (fault.code === 'iot_hub_certificate_unreadable') return { ...failure, scope: 'device' }
      return fault.code === 'iot_hub_hung_up' ? this.#admission.hungUp(asking, failure) : failure
    }
  }

  async #open(connection: DeviceConnection, asking: Asking): Promise<void> {
    const { device, token, signal } = asking
    const context = await this.#certificates?.contextOf(device)
    const opening = connection.open({ token, ...(context !== undefined && { context }) }, signal)
    const isIn = () => true
    await this.#admission.watch(asking, opening, isIn)
  }

  #publishAs(device: string): Publish {
    return (message): Publication | Failure => {
      const event = this.#events.of(message)
      if ('kind' in event) return event
      const publication = publicationOf(device, event)
      const bytes = Buffer.byteLength(publication.topic)
      if (bytes <= maxTopicBytes) return publication
      const detail = `its topic, with all properties, has ${bytes} bytes, at most ${maxTopicBytes}`
      return { kind: 'reject', code: 'iot_hub_message_unfit', detail }
    }
  }

  #unfit(message: Message): Failure {
    return { kind: 'reject', code: 'iot_hub_message_unfit', detail: this.#devices.problemOf(message) }
  }

  #connectionSettings(): DeviceConnectionSettings {
    const { clock, mask } = this.#env
    const { hub, host, port, tls } = this.#endpoint
    const {
      webSocket = false,
      maxInFlight,
      connectTimeoutMs,
      answerTimeoutMs,
      connectsPerSecond
    } = this.#config
    const path = this.#certificates === null ? webSocketPath + noCertificate : webSocketPath
    const address = { host, port, webSocketPath: webSocket ? path : null }
    return {
      hub,
      turns: new ConnectTurns(clock, connectsPerSecond),
      connection: {
        ...{ clock, mask, address, tls, qos: 1, retain: false, haveTopics: true, maxInFlight },
        ...{ connectTimeoutMs, ackTimeoutMs: answerTimeoutMs }
      }
    }
  }
}

function isAnyDelivered(outcome: Outcome | Outcome[]): boolean {
  return Array.isArray(outcome) ? outcome.some(isDelivered) : isDelivered(outcome)
}

function isDelivered({ kind }: Outcome): boolean {
  return kind === 'delivered'
}
