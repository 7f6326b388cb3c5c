// An Event Hubs namespace that misbehaves to order, over AMQP 1.0 with or without TLS: a script says how
// every transfer is answered, or how it is failed. Like the service it demands a token for the hub, knows one hub only, tells a
// maximum message size on each link and keeps to it, takes one partition key for a batch, and ends what has no token any more.

import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import rhea, {
  type AmqpError,
  type Connection,
  type Container,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
  type Sender
} from 'rhea'
import type { Clock } from '../clock.ts'
import { DoubleServer } from '../shared/double-server.ts'
import { type ClaimRules, Claims } from './double/claims.ts'
import { HubLink } from './double/hub-link.ts'
import { answerManagement, answerToken } from './double/requests.ts'
import { flawOf, readTransfer, type Transfer } from './double/transfer.ts'

export type { Transfer } from './double/transfer.ts'

export type TransferReply =
  /** The disposition `accepted`; `afterMs` makes it late. */
  | { readonly kind: 'accept'; readonly afterMs?: number }
  /** No disposition, ever. */
  | { readonly kind: 'hold' }
  /** The disposition `rejected`. */
  | { readonly kind: 'reject'; readonly error: AmqpError }
  /** The socket is cut, after these bytes. */
  | { readonly kind: 'hangUp'; readonly bytes?: Buffer }

export interface EventHubsDoubleOptions {
  readonly clock: Clock
  readonly tls?: tls.TlsOptions
  /** The one that there is. */
  readonly hub: string
  readonly claims: ClaimRules
  /** Default: every transfer is accepted. */
  readonly reply?: (transfer: Transfer) => TransferReply
  /** Called before anything is answered. */
  readonly ledger?: (transfer: Transfer) => void
  /** Called just before a transfer is accepted, whether or not the client is still there. */
  readonly confirmed?: (transfer: Transfer) => void
  /** Why a link to the hub is refused; undefined: it is not. */
  readonly attach?: () => AmqpError | undefined
  /** What a link says and enforces, 0 for no limit; default: 1 MiB. */
  readonly maxMessageBytes?: () => number
  readonly partitions?: number
  /** Transfers that a link may have unanswered; default: 300, as in the service. */
  readonly credit?: number
}

type Served = Connection & { accept(stream: Socket): void; eof(): void }

/** What is known of a connection. */
interface Client {
  readonly number: number
  readonly stream: Socket
  readonly claims: Claims
  /** Its links for answers, by where they go. */
  readonly replies: Map<string, Sender>
  readonly links: Map<Receiver, HubLink>
}

interface Answering {
  readonly link: HubLink
  readonly delivery: Delivery
}

/** Tokens and questions come one by one. */
const requestCredit = 1_000
const standardMaxMessageBytes = 1_048_576
const requestAddresses = /^(\$cbs|[^/]+\/\$management)$/

export class EventHubsDouble extends DoubleServer {
  readonly #options: EventHubsDoubleOptions
  readonly #container: Container
  readonly #clients = new Map<Connection, Client>()
  #accepted = 0

  constructor(options: EventHubsDoubleOptions) {
    const accept = (stream: Socket) => this.#accept(stream)
    const { clock, tls: secure } = options
    super({
      clock,
      create: () => (secure === undefined ? net.createServer(accept) : tls.createServer(secure, accept))
    })
    this.#options = options
    this.#container = rhea.create_container({
      id: 'event-hubs-double',
      receiver_options: { autoaccept: false, credit_window: 0 }
    })
    // Who a client is, it proves with its tokens.
    this.#container.sasl_server_mechanisms.enable_anonymous()
    this.#container
      .on('sender_open', (context: EventContext) => this.#openReplies(context))
      .on('receiver_open', (context: EventContext) => this.#openLink(context))
      .on('receiver_close', ({ connection, receiver }: EventContext) => {
        if (receiver !== undefined) this.#clients.get(connection)?.links.delete(receiver)
      })
      .on('message', (context: EventContext) => this.#take(context))
      .on('disconnected', ({ connection }: EventContext) => this.#clients.delete(connection))
    // Without a listener they would be thrown.
    for (const name of [
      'error',
      'protocol_error',
      'connection_error',
      'session_error',
      'receiver_error',
      'sender_error'
    ])
      this.#container.on(name, () => {})
  }

  /** How many connections have been accepted so far. */
  get accepted(): number {
    return this.#accepted
  }

  /** A connection string for it; as of the emulator, where it speaks without TLS. */
  get connectionString(): string {
    const { claims, hub, tls: secure } = this.#options
    const emulator = secure === undefined ? ';UseDevelopmentEmulator=true' : ''
    const endpoint = `Endpoint=sb://${this.host}:${this.port}`
    return `${endpoint};SharedAccessKeyName=${claims.keyName};SharedAccessKey=${claims.key};EntityPath=${hub}${emulator}`
  }

  /** Detaches all links to the hub, as the service does with idle ones. */
  detach(error: AmqpError): void {
    for (const { links } of this.#clients.values()) for (const link of links.values()) link.close(error)
  }

  /** Ends all connections in the way of the protocol. */
  closeConnections(error: AmqpError): void {
    for (const connection of this.#clients.keys()) connection.close(error)
  }

  get #maxMessageBytes(): number {
    return this.#options.maxMessageBytes?.() ?? standardMaxMessageBytes
  }

  #accept(stream: Socket): void {
    // The typings leave out how a server begins and ends.
    const connection = this.#container.create_connection() as Served
    const claims = new Claims(this.#options.claims)
    this.#clients.set(connection, {
      ...{ number: ++this.#accepted, stream, claims },
      replies: new Map(),
      links: new Map()
    })
    connection.accept(stream.setNoDelay(true))
    stream.once('close', () => connection.eof()) // which a socket that is cut does not tell
  }

  #openReplies({ connection, sender }: EventContext): void {
    if (sender === undefined) return
    const { source, target } = sender
    sender.set_source({ address: source.address })
    sender.set_target({ address: target.address })
    this.#clients.get(connection)?.replies.set(source.address, sender)
  }

  #openLink({ connection, receiver }: EventContext): void {
    const client = this.#clients.get(connection)
    if (receiver === undefined || client === undefined) return
    const { address = '' } = receiver.target
    receiver.set_target({ address })
    if (requestAddresses.test(address)) {
      receiver.add_credit(requestCredit)
      return
    }
    const { attach } = this.#options
    // What a link says is not in the typings.
    const { attach: said } = (receiver as Receiver & { local: { attach: { max_message_size: number } } })
      .local
    said.max_message_size = this.#maxMessageBytes
    const refusal = this.#unknown(address) ?? this.#unclaimed(client, address) ?? attach?.()
    if (refusal === undefined) client.links.set(receiver, new HubLink(receiver, this.#options.credit))
    else receiver.close(refusal)
  }

  #unknown(address: string): AmqpError | undefined {
    const { hub } = this.#options
    if (address === hub || address.startsWith(`${hub}/Partitions/`)) return undefined
    const entity = `sb://${this.host}/${address}`
    return {
      condition: 'amqp:not-found',
      description: `The messaging entity '${entity}' could not be found. TrackingId:0, SystemTracker:double`
    }
  }

  #unclaimed({ claims }: Client, address: string): AmqpError | undefined {
    if (claims.hold(address, this.#options.clock.now())) return undefined
    const description = `Unauthorized access. 'Send' claim(s) are required to perform this operation on ${address}.`
    return { condition: 'amqp:unauthorized-access', description }
  }

  #take({ connection, receiver, message, delivery }: EventContext): void {
    const client = this.#clients.get(connection)
    const address = receiver?.target.address
    if (client === undefined || address === undefined || message === undefined || delivery === undefined)
      return
    if (requestAddresses.test(address)) {
      this.#answer(client, address, message)
      delivery.accept()
      return
    }
    const link = receiver === undefined ? undefined : client.links.get(receiver)
    const lapsed = this.#unclaimed(client, address)
    if (lapsed !== undefined) link?.close(lapsed)
    if (lapsed !== undefined || link === undefined) return
    const transfer = readTransfer(message, delivery.format, { connection: client.number, address })
    this.#options.ledger?.(transfer)
    const flaw = flawOf(transfer, this.#maxMessageBytes)
    if (flaw !== undefined) link.reject(delivery, flaw)
    else this.#reply(client.stream, transfer, { link, delivery })
  }

  #answer(client: Client, address: string, request: Message): void {
    const reply = client.replies.get(address)
    if (reply === undefined) return
    const { hub: name, partitions = 4, clock } = this.#options
    if (address === '$cbs') answerToken(request, reply, { claims: client.claims, nowMs: clock.now() })
    else answerManagement(request, reply, { name, partitions })
  }

  #reply(stream: Socket, transfer: Transfer, { link, delivery }: Answering): void {
    const reply = this.#options.reply?.(transfer) ?? { kind: 'accept' }
    if (reply.kind === 'hold') return
    if (reply.kind === 'reject') link.reject(delivery, reply.error)
    else if (reply.kind === 'hangUp') {
      if (reply.bytes !== undefined) stream.write(reply.bytes)
      stream.destroy()
    } else
      this.after(reply.afterMs ?? 0, () => {
        this.#options.confirmed?.(transfer)
        if (!stream.destroyed) link.accept(delivery)
      })
  }
}
