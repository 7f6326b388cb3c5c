// An MQTT broker for subscribers, that follows orders: it keeps sessions by client id, sends what is published and was not
// acknowledged, again after every connection, within the Receive Maximum of the client, and tells of every PUBACK. It
// takes no messages from clients; a test publishes by publish(). double.ts above is the one for publishers.

import net, { type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'
import type { Clock } from '../../../clock.ts'
import { DoubleServer } from '../../double-server.ts'

export interface BrokerOptions {
  readonly clock: Clock
  /** The code of the CONNACK; default 0. */
  readonly connect?: (packet: IConnectPacket) => number
  /** The answer to a filter; default 1, that QoS 1 is granted. */
  readonly subscribe?: (filter: string) => number
  /** How long it keeps sessions, whatever it is asked (MQTT 5). */
  readonly sessionExpirySeconds?: number
  /** It has no session of any client. */
  readonly forgets?: () => boolean
  /** Called with what a client does, in order: `connect a`, `subscribe f/+`, `puback 3`, `disconnect`. */
  readonly heard?: (what: string) => void
}

export interface Publication {
  readonly topic: string
  readonly payload: Buffer
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  /** Of MQTT 5. */
  readonly properties?: NonNullable<IPublishPacket['properties']>
  /** It was acknowledged. */
  readonly acknowledged?: () => void
}

interface Session {
  readonly clientId: string
  readonly filters: Set<string>
  /** What was sent and is not acknowledged, by packet identifier and in order; null where only a PUBCOMP is missing. */
  readonly sent: Map<number, Publication | null>
  waiting: Publication[]
  nextId: number
  client: Client | null
}

interface Client {
  readonly socket: Socket
  readonly version: number
  readonly receiveMaximum: number
}

export class BrokerDouble extends DoubleServer {
  readonly #options: BrokerOptions
  readonly #sessions = new Map<string, Session>()
  /** It answers nothing, and sends nothing. */
  isSilent = false

  constructor(options: BrokerOptions) {
    super({ clock: options.clock, create: () => net.createServer(socket => this.#serve(socket)) })
    this.#options = options
  }

  get url(): string {
    return `mqtt://${this.host}:${this.port}`
  }

  /** Whether a client that is connected has a filter for the topic. */
  isHeard(topic: string): boolean {
    return this.#sessionsOf(topic).some(({ client }) => client !== null)
  }

  /** Messages for the topic that are not acknowledged. */
  unacknowledged(topic: string): number {
    return this.#sessionsOf(topic).reduce((sum, { sent, waiting }) => sum + sent.size + waiting.length, 0)
  }

  /** Bytes that the clients that are connected, or their sockets, have taken. */
  get takenBytes(): number {
    return [...this.sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0)
  }

  /** Puts it into every session that has a filter for it. */
  publish(publication: Publication): void {
    for (const session of this.#sessionsOf(publication.topic)) {
      session.waiting.push(publication)
      this.#flush(session)
    }
  }

  /** Takes back what is not acknowledged. */
  forget(publications: ReadonlySet<Publication>): void {
    for (const session of this.#sessions.values()) {
      session.waiting = session.waiting.filter(one => !publications.has(one))
      for (const [id, one] of session.sent) if (one !== null && publications.has(one)) session.sent.delete(id)
    }
  }

  /** Sends these bytes to all who are connected. */
  sendRaw(bytes: Buffer): void {
    for (const socket of this.sockets) socket.write(bytes)
  }

  #serve(socket: Socket): void {
    const parser = mqttPacket.parser()
    let session: Session | null = null
    parser.on('packet', packet => {
      if (packet.cmd === 'connect') session = this.#connect(packet, socket)
      else if (session !== null) this.#handle(packet, session)
    })
    parser.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', chunk => !this.isSilent && parser.parse(chunk))
    socket.once('close', () => {
      if (session?.client?.socket === socket) session.client = null
    })
  }

  #connect(packet: IConnectPacket, socket: Socket): Session | null {
    const { connect, forgets, heard, sessionExpirySeconds } = this.#options
    const version = packet.protocolVersion ?? 4
    heard?.(`connect ${packet.clientId}`)
    const code = connect?.(packet) ?? 0
    const isKnown = this.#sessions.has(packet.clientId) && forgets?.() !== true
    const sessionPresent = code === 0 && isKnown
    const properties =
      sessionExpirySeconds === undefined ? {} : { sessionExpiryInterval: sessionExpirySeconds }
    const answer = { cmd: 'connack', reasonCode: code, returnCode: code, sessionPresent } as const
    const connack = { ...answer, properties }
    socket.write(mqttPacket.generate(connack, { protocolVersion: version }))
    if (code !== 0) {
      socket.end()
      return null
    }
    const session = isKnown ? this.#sessions.get(packet.clientId) : undefined
    const opened = session ?? newSession(packet.clientId)
    this.#sessions.set(packet.clientId, opened)
    this.#takeOver(opened)
    opened.client = { socket, version, receiveMaximum: packet.properties?.receiveMaximum ?? 65_535 }
    const unacknowledged = [...opened.sent.entries()]
    for (const [id, publication] of unacknowledged)
      if (publication !== null) this.#send(opened, publication, { id, dup: true })
      else write(opened.client, { cmd: 'pubrel', messageId: id })
    this.#flush(opened)
    return opened
  }

  /** The connection that the session has ends. */
  #takeOver({ client }: Session): void {
    if (client === null) return
    if (client.version === 5)
      client.socket.write(
        mqttPacket.generate({ cmd: 'disconnect', reasonCode: 0x8e }, { protocolVersion: 5 })
      )
    client.socket.end()
  }

  #handle(packet: Packet, session: Session): void {
    const { heard, subscribe } = this.#options
    const answer = (reply: Packet) => session.client && write(session.client, reply)
    if (packet.cmd === 'subscribe') {
      const filters = packet.subscriptions.map(({ topic }) => topic)
      for (const filter of filters) {
        heard?.(`subscribe ${filter}`)
        session.filters.add(filter)
      }
      const granted = filters.map(filter => subscribe?.(filter) ?? 1)
      answer({ cmd: 'suback', messageId: packet.messageId ?? 0, granted })
    } else if (packet.cmd === 'unsubscribe') {
      for (const filter of packet.unsubscriptions) {
        heard?.(`unsubscribe ${filter}`)
        session.filters.delete(filter)
      }
      answer({
        cmd: 'unsuback',
        messageId: packet.messageId ?? 0,
        granted: packet.unsubscriptions.map(() => 0)
      })
    } else if (packet.cmd === 'puback' || packet.cmd === 'pubrec' || packet.cmd === 'pubcomp')
      this.#acknowledge(session, packet.cmd, packet.messageId ?? 0)
    else if (packet.cmd === 'pingreq') answer({ cmd: 'pingresp' })
    else if (packet.cmd === 'disconnect') {
      heard?.('disconnect')
      session.client?.socket.end()
      session.client = null
    }
  }

  #acknowledge(session: Session, what: 'puback' | 'pubrec' | 'pubcomp', id: number): void {
    this.#options.heard?.(`${what} ${id}`)
    session.sent.get(id)?.acknowledged?.()
    if (what !== 'pubrec') session.sent.delete(id)
    else if (session.client !== null) {
      session.sent.set(id, null)
      write(session.client, { cmd: 'pubrel', messageId: id })
    }
    this.#flush(session)
  }

  #flush(session: Session): void {
    const { client, sent } = session
    while (client !== null && session.waiting.length > 0 && sent.size < client.receiveMaximum) {
      const publication = session.waiting.shift()
      if (publication === undefined) return
      const id = session.nextId
      session.nextId = (id % 65_535) + 1
      if (publication.qos !== 0) sent.set(id, publication)
      this.#send(session, publication, { id, dup: false })
    }
  }

  #send(session: Session, publication: Publication, { id, dup }: { id: number; dup: boolean }): void {
    const { topic, payload, qos = 1, retain = false, properties = {} } = publication
    if (session.client === null) return
    const identified = qos === 0 ? {} : { messageId: id }
    write(session.client, { cmd: 'publish', topic, payload, qos, dup, retain, properties, ...identified })
  }

  #sessionsOf(topic: string): Session[] {
    return [...this.#sessions.values()].filter(({ filters }) =>
      [...filters].some(filter => fits(topic, filter))
    )
  }
}

function newSession(clientId: string): Session {
  return { clientId, filters: new Set(), sent: new Map(), waiting: [], nextId: 1, client: null }
}

function write({ socket, version }: Client, packet: Packet): void {
  socket.write(mqttPacket.generate(packet, { protocolVersion: version }))
}

function fits(topic: string, filter: string): boolean {
  const pattern = filter.split('/').map(level => {
    if (level === '+') return '[^/]*'
    return level === '#' ? '.*' : level.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${pattern.join('/')}$`, 's').test(topic)
}
