// An MQTT broker that misbehaves to order: a script says how every connection and every message is answered, or how
// it is failed. Like a real broker it hangs up on a client that exceeds its Receive Maximum or Maximum Packet Size,
// so a target that does not honour them is found out. It takes QoS 0 and 1 and serves no subscribers.

import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import mqttPacket, {
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type Packet
} from 'mqtt-packet'
import type { Clock } from '../../clock.ts'
import { DoubleServer } from '../double-server.ts'

export type { IConnectPacket } from 'mqtt-packet'

type ConnackProperties = NonNullable<IConnackPacket['properties']>

export type ConnectReply =
  /** CONNACK; a code other than 0 refuses. */
  | { readonly kind: 'connack'; readonly code: number; readonly properties?: ConnackProperties }
  | { readonly kind: 'silent' }
  | { readonly kind: 'hangUp' }
  /** These bytes, whatever they are. */
  | { readonly kind: 'raw'; readonly bytes: string }

export type PublishReply =
  /** PUBACK; `afterMs` makes it late. A code and a text can only be told in MQTT 5. */
  | { readonly kind: 'puback'; readonly code?: number; readonly text?: string; readonly afterMs?: number }
  /** No PUBACK, unless acknowledgeHeld() is called. */
  | { readonly kind: 'hold' }
  /** No PUBACK ever, as if it had not come. */
  | { readonly kind: 'discard' }
  /** The connection is closed; with a code, after a DISCONNECT that says so. */
  | { readonly kind: 'hangUp'; readonly code?: number }

/** A message as it came. */
export interface Published {
  /** Counts connections from 1. */
  readonly connection: number
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  /** Those of MQTT 5. */
  readonly properties?: IPublishPacket['properties']
}

export interface MqttDoubleOptions {
  readonly clock: Clock
  /** Default: every connection is accepted. */
  readonly connect?: (packet: IConnectPacket, connection: number, socket: Socket) => ConnectReply
  /** Default: every message is confirmed. */
  readonly reply?: (message: Published) => PublishReply
  /** Called before anything is answered. */
  readonly ledger?: (message: Published) => void
  /** Called just before a message is confirmed, whether or not the client is still there. */
  readonly confirmed?: (message: Published) => void
  readonly tls?: tls.TlsOptions
  /** Whether MQTT is spoken on a connection; one on which it is not is taken over by whoever says so. */
  readonly admit?: (socket: Socket) => boolean
  /** What exceeds the Receive Maximum is left to `reply`, in place of a hang-up. */
  readonly repliesToExcess?: true
}

interface Client {
  readonly connection: number
  readonly socket: Socket
  version: number
  receiveMaximum: number
  maximumPacketSize: number
  unconfirmed: number
}

/** A message that has to be answered. */
interface Open {
  readonly client: Client
  readonly published: Published
  readonly messageId: number
}

export class MqttDouble extends DoubleServer {
  readonly #options: MqttDoubleOptions
  /** By the number of the connection. */
  readonly #clients = new Map<number, Client>()
  #held: (() => void)[] = []
  #accepted = 0
  #mostUnconfirmed = 0
  #disconnects = 0

  constructor(options: MqttDoubleOptions) {
    const serve = (socket: Socket) => this.#serve(socket)
    const { clock, tls: secure } = options
    const create = () => (secure === undefined ? net.createServer(serve) : tls.createServer(secure, serve))
    super({ clock, create })
    this.#options = options
  }

  override stop(): Promise<void> {
    this.#held = []
    return super.stop()
  }

  /** Ends one connection, with a code after a DISCONNECT that says so; false when it had ended. */
  hangUp(connection: number, code?: number): boolean {
    const client = this.#clients.get(connection)
    if (client !== undefined) hangUp(client, code)
    return client !== undefined
  }

  /** Confirms what was held, in the order that `arrange` gives it: by default as it came. */
  acknowledgeHeld(arrange: (held: (() => void)[]) => (() => void)[] = held => held): void {
    const held = this.#held
    this.#held = []
    for (const acknowledge of arrange(held)) acknowledge()
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'mqtt' : 'mqtts'}://${this.host}:${this.port}`
  }

  /** How many connections there have been in all. */
  get accepted(): number {
    return this.#accepted
  }

  /** The most messages that were ever without PUBACK on one connection. */
  get mostUnconfirmed(): number {
    return this.#mostUnconfirmed
  }

  /** How many clients said good-bye. */
  get disconnects(): number {
    return this.#disconnects
  }

  #serve(socket: Socket): void {
    if (this.#options.admit?.(socket) === false) return
    const limits = { version: 4, receiveMaximum: 65_535, maximumPacketSize: 268_435_460, unconfirmed: 0 }
    const client: Client = { connection: ++this.#accepted, socket, ...limits }
    this.#clients.set(client.connection, client)
    const parser = mqttPacket.parser()
    parser.on('packet', packet => this.#take(client, packet))
    parser.on('error', () => socket.destroy())
    socket
      .setNoDelay(true)
      .on('data', data => parser.parse(data))
      .on('error', () => socket.destroy())
      .once('close', () => this.#clients.delete(client.connection))
  }

  #take(client: Client, packet: Packet): void {
    if (client.socket.writableEnded || client.socket.destroyed) return // what came with that, and is not read
    if (packet.cmd === 'connect') this.#accept(client, packet)
    else if (packet.cmd === 'pingreq') send(client, { cmd: 'pingresp' })
    else if (packet.cmd === 'disconnect') this.#disconnects++
    else if (packet.cmd === 'publish') {
      const { topic, payload, qos, dup, retain, properties } = packet
      const read = { connection: client.connection, topic, payload: Buffer.from(payload), qos, dup, retain }
      const published = properties === undefined ? read : { ...read, properties }
      const excess = this.#excess(client, packet)
      const reply: PublishReply =
        excess === undefined ? this.#replyTo(published) : { kind: 'hangUp', code: excess }
      this.#answer({ client, published, messageId: packet.messageId ?? 0 }, reply)
    }
  }

  #accept(client: Client, packet: IConnectPacket): void {
    client.version = packet.protocolVersion ?? 4
    const reply = this.#options.connect?.(packet, client.connection, client.socket) ?? {
      kind: 'connack',
      code: 0
    }
    if (reply.kind === 'hangUp') client.socket.destroy()
    if (reply.kind === 'raw') client.socket.write(reply.bytes)
    if (reply.kind !== 'connack') return
    const { code, properties } = reply
    client.receiveMaximum = properties?.receiveMaximum ?? client.receiveMaximum
    client.maximumPacketSize = properties?.maximumPacketSize ?? client.maximumPacketSize
    const answer = { cmd: 'connack', sessionPresent: false, returnCode: code, reasonCode: code } as const
    send(client, properties === undefined ? answer : { ...answer, properties })
    if (code !== 0) client.socket.end()
  }

  /** The reason to hang up on a client that exceeds what it was told. */
  #excess(client: Client, { length }: Packet): number | undefined {
    client.unconfirmed++
    this.#mostUnconfirmed = Math.max(this.#mostUnconfirmed, client.unconfirmed)
    const restBytes = length ?? 0
    const lengthBytes = restBytes < 128 ? 1 : restBytes < 16_384 ? 2 : restBytes < 2_097_152 ? 3 : 4
    if (1 + lengthBytes + restBytes > client.maximumPacketSize) return 0x95
    if (this.#options.repliesToExcess) return undefined
    return client.unconfirmed > client.receiveMaximum ? 0x93 : undefined
  }

  #replyTo(message: Published): PublishReply {
    this.#options.ledger?.(message)
    return this.#options.reply?.(message) ?? { kind: 'puback' }
  }

  #answer({ client, published, messageId }: Open, reply: PublishReply): void {
    const acknowledge = () => {
      client.unconfirmed--
      const { code: reasonCode = 0, text: reasonString } = reply.kind === 'puback' ? reply : {}
      const properties = reasonString === undefined ? {} : { properties: { reasonString } }
      if (reasonCode < 0x80) this.#options.confirmed?.(published)
      send(client, { cmd: 'puback', messageId, reasonCode, ...properties })
    }
    if (reply.kind === 'hangUp') hangUp(client, reply.code)
    else if (published.qos === 0 || reply.kind === 'discard') client.unconfirmed--
    else if (reply.kind === 'hold') this.#held.push(acknowledge)
    else this.after(reply.afterMs ?? 0, acknowledge)
  }
}

function send(client: Client, packet: Packet): void {
  if (!client.socket.destroyed)
    mqttPacket.writeToStream(packet, client.socket, { protocolVersion: client.version })
}

/** What was answered before is still read by the client; what it sends after is not. */
function hangUp(client: Client, code?: number): void {
  if (code !== undefined && client.version === 5) send(client, { cmd: 'disconnect', reasonCode: code })
  client.socket.destroySoon()
}
