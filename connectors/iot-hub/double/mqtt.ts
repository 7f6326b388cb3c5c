// The MQTT side of an IoT hub as far as it is known. A client id is a device, let in by its token or certificate, and has one
// connection: a second ends the first. A connection ends with its token, when its device is disabled, and over a message that is no
// event of its device, has QoS 2 or is too large. Connections above the quota of a second are refused.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock } from '../../clock.ts'
import {
  type ConnectReply,
  type IConnectPacket,
  MqttDouble,
  type Published,
  type PublishReply
} from '../../shared/mqtt/double.ts'
import type { ReceivedEvent } from './https.ts'
import { type Admission, type Registry, tokenEndMs } from './registry.ts'

export interface IotHubMqttDoubleOptions {
  readonly clock: Clock
  readonly registry: Registry
  /** PEM texts; with an authority, devices may show certificates of it. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  /** How an event is answered that is in order; default: it is confirmed. */
  readonly reply?: (event: ReceivedEvent) => PublishReply
  /** How a device is answered that may come in; undefined: it is accepted. */
  readonly connect?: (device: string) => ConnectReply | undefined
  readonly ledger?: (event: ReceivedEvent) => void
  readonly confirmed?: (event: ReceivedEvent) => void
  /** Whether MQTT is spoken on a connection (WebSockets are taken over by whoever says not). */
  readonly admit?: (socket: Socket) => boolean
  readonly connectsPerSecond?: number
  readonly maxBytes?: number
}

const systemNames: Readonly<Record<string, string>> = {
  '$.mid': 'iothub-messageid',
  '$.cid': 'iothub-correlationid',
  '$.ct': 'iothub-contenttype',
  '$.ce': 'iothub-contentencoding'
}

export class IotHubMqttDouble extends MqttDouble {
  readonly #options: IotHubMqttDoubleOptions
  /** The connection of each device, and whose each connection is. */
  readonly #ofDevice = new Map<string, number>()
  readonly #devices = new Map<number, string>()
  /** When connections of the last second came, the oldest first. */
  readonly #connectsMs: number[] = []
  #refused = 0
  #throttled = 0
  #takenOver = 0
  #expired = 0
  #offences = 0
  #mostConnections = 0
  #mostConnectsInSecond = 0

  constructor(options: IotHubMqttDoubleOptions) {
    const { clock, tls, admit, registry } = options
    const { clientCa, ...own } = tls
    const mutual =
      clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }
    super({
      clock,
      tls: { ...own, ...mutual },
      ...(admit !== undefined && { admit }),
      connect: (packet, connection, socket) => this.#connect(packet, connection, socket),
      reply: message => this.#reply(message),
      confirmed: message => options.confirmed?.(this.#eventOf(message) ?? lost())
    })
    this.#options = options
    registry.watch(device => {
      if (!registry.isEnabled(device)) this.#end(device)
    })
  }

  /** Devices that were not let in. */
  get refused(): number {
    return this.#refused
  }

  /** Connections that were refused because too many came in a second. */
  get throttled(): number {
    return this.#throttled
  }

  /** Connections that were ended because their device connected once more. */
  get takenOver(): number {
    return this.#takenOver
  }

  /** Connections that were ended because their token had. */
  get expired(): number {
    return this.#expired
  }

  /** Connections that were ended over a message. */
  get offences(): number {
    return this.#offences
  }

  /** The most connections there were at a time. */
  get mostConnections(): number {
    return this.#mostConnections
  }

  get mostConnectsInSecond(): number {
    return this.#mostConnectsInSecond
  }

  #connect(packet: IConnectPacket, connection: number, socket: Socket): ConnectReply {
    const { clientId: device, protocolVersion } = packet
    const { connect, clock, connectsPerSecond = Number.POSITIVE_INFINITY } = this.#options
    this.#mostConnections = Math.max(this.#mostConnections, this.connections)
    if (this.#connectsInSecond() > connectsPerSecond) {
      this.#throttled++
      return { kind: 'connack', code: 3 }
    }
    if (protocolVersion !== 4) return { kind: 'connack', code: 1 }
    if (this.#admissionOf(packet, socket) !== 'in') {
      this.#refused++
      return { kind: 'connack', code: 5 }
    }
    const own = connect?.(device)
    if (own !== undefined) return own
    if (this.#end(device)) this.#takenOver++
    this.#ofDevice.set(device, connection)
    this.#devices.set(connection, device)
    if (packet.password !== undefined)
      this.#endIn(tokenEndMs(String(packet.password)) - clock.now(), connection)
    return { kind: 'connack', code: 0 }
  }

  #connectsInSecond(): number {
    const nowMs = performance.now()
    while ((this.#connectsMs[0] ?? nowMs) <= nowMs - 1_000) this.#connectsMs.shift()
    this.#connectsMs.push(nowMs)
    this.#mostConnectsInSecond = Math.max(this.#mostConnectsInSecond, this.#connectsMs.length)
    return this.#connectsMs.length
  }

  #admissionOf({ clientId: device, username, password }: IConnectPacket, socket: Socket): Admission {
    const { registry, clock } = this.#options
    const known = `${registry.hub}/${device}/?api-version=`
    if (!(username ?? '').startsWith(known)) return 'unauthorized'
    if (password !== undefined) return registry.admit(device, String(password), clock.now())
    const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined
    const thumbprint = certificate?.fingerprint?.replaceAll(':', '') ?? ''
    return registry.admitCertificate(device, thumbprint)
  }

  #endIn(delayMs: number, connection: number): void {
    this.after(delayMs, () => {
      if (this.hangUp(connection)) this.#expired++
    })
  }

  /** Ends the connection of a device; false when there is none. */
  #end(device: string): boolean {
    const connection = this.#ofDevice.get(device)
    return connection !== undefined && this.hangUp(connection)
  }

  #reply(message: Published): PublishReply {
    const event = this.#eventOf(message)
    if (event === null) {
      this.#offences++
      return { kind: 'hangUp' }
    }
    this.#options.ledger?.(event)
    return this.#options.reply?.(event) ?? { kind: 'puback' }
  }

  /** Null for what the connection is ended over. */
  #eventOf({ connection, topic, payload, qos }: Published): ReceivedEvent | null {
    const device = this.#devices.get(connection)
    const { maxBytes = 262_144 } = this.#options
    const place = `devices/${device}/messages/events/`
    if (device === undefined || qos > 1 || payload.length > maxBytes || !topic.startsWith(place)) return null
    return { device, body: payload, properties: propertiesIn(topic.slice(place.length)) }
  }
}

/** By the names that the HTTPS API has for them. */
function propertiesIn(bag: string): Record<string, string> {
  const pairs = bag.split('&').filter(pair => pair !== '')
  return Object.fromEntries(
    pairs.map(pair => {
      const [name = '', value = ''] = pair.split('=').map(decodeURIComponent)
      return [systemNames[name] ?? `iothub-app-${name}`, value]
    })
  )
}

function lost(): never {
  throw new Error('a message is confirmed that is no event')
}
