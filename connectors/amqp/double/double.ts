// An AMQP 0-9-1 broker that misbehaves to order: a script says how every login and every message is answered, or how it is
// failed. Like RabbitMQ it closes a channel over an exchange that it does not have or a message that is too large, ignores
// what follows on it, reads nothing more from a publisher while it is blocked, and closes the connection of a client that
// breaks the rules. It serves no consumers.

import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import type { Clock } from '../../clock.ts'
import { DoubleServer } from '../../shared/double-server.ts'
import type { Reason } from '../outcome.ts'
import type { Properties } from '../wire/properties.ts'
import { Session } from './session.ts'

export type AmqpReply =
  /** basic.ack; `afterMs` makes it late. */
  | { readonly kind: 'ack'; readonly afterMs?: number }
  | { readonly kind: 'nack' }
  /** basic.return, if it is mandatory, and basic.ack after it. */
  | { readonly kind: 'return' }
  /** Nothing, unless acknowledgeHeld() or acknowledgeAll() is called. */
  | { readonly kind: 'hold' }
  /** basic.return, if it is mandatory, and then as `hold`. */
  | { readonly kind: 'returnAndHold' }
  | { readonly kind: 'hangUp' }
  | { readonly kind: 'closeChannel'; readonly reason: Reason }
  | { readonly kind: 'closeConnection'; readonly reason: Reason }
  /** These bytes, whatever they are. */
  | { readonly kind: 'raw'; readonly bytes: Buffer }

/** A message as it came. */
export interface AmqpPublished {
  /** Counts connections from 1. */
  readonly connection: number
  /** Counts the messages of its connection from 1. */
  readonly deliveryTag: number
  readonly exchange: string
  readonly routingKey: string
  readonly mandatory: boolean
  readonly properties: Properties
  readonly body: Buffer
}

export interface AmqpLogin {
  readonly mechanism: string
  readonly username: string
  readonly password: string
  /** What the client calls the connection. */
  readonly connectionName: string
}

export interface AmqpDoubleOptions {
  readonly clock: Clock
  /** Why somebody is not let in; default: everybody is. */
  readonly login?: (login: AmqpLogin) => Reason | undefined
  readonly vhost?: (vhost: string) => Reason | undefined
  /** Why there is no such exchange, or none to look at; default: there is every one. */
  readonly exchange?: (exchange: string) => Reason | undefined
  /** Why there is no such queue, or none to look at; default: there is every one. */
  readonly queue?: (queue: string) => Reason | undefined
  /** Default: every message is confirmed. */
  readonly reply?: (message: AmqpPublished) => AmqpReply
  /** Called before anything is answered. */
  readonly ledger?: (message: AmqpPublished) => void
  /** Called just before a message is confirmed, whether or not the client is still there. */
  readonly confirmed?: (message: AmqpPublished) => void
  readonly tls?: tls.TlsOptions
  readonly mechanisms?: string
  readonly frameMaxBytes?: number
  /** What larger messages lead to is said by the words of RabbitMQ. */
  readonly maxMessageBytes?: () => number
  /** 0, the default: no heartbeats. It sends none itself. */
  readonly heartbeatSeconds?: number
}

/** What a session wants of its double. */
export interface Script extends AmqpDoubleOptions {
  /** Why nothing more is to be read once a message has come; null: it is. */
  readonly blocked: () => string | null
  hold(acknowledge: () => void): void
  after(delayMs: number, fn: () => void): void
}

export class AmqpDouble extends DoubleServer {
  readonly #sessions = new Set<Session>()
  readonly #isSecure: boolean
  #held: (() => void)[] = []
  #accepted = 0
  #heartbeats = 0
  #goodbyes = 0
  #blocked: string | null = null

  constructor(options: AmqpDoubleOptions) {
    const script: Script = {
      ...options,
      blocked: () => this.#blocked,
      hold: acknowledge => void this.#held.push(acknowledge),
      after: (delayMs, fn) => this.after(delayMs, fn)
    }
    const serve = (socket: Socket) => this.#serve(socket, script)
    const { clock, tls: secure } = options
    const create = () => (secure === undefined ? net.createServer(serve) : tls.createServer(secure, serve))
    super({ clock, create })
    this.#isSecure = secure !== undefined
  }

  get url(): string {
    return `${this.#isSecure ? 'amqps' : 'amqp'}://${this.host}:${this.port}`
  }

  /** How many connections there have been in all. */
  get accepted(): number {
    return this.#accepted
  }

  /** How many heartbeats have come. */
  get heartbeats(): number {
    return this.#heartbeats
  }

  /** How many clients said good-bye. */
  get goodbyes(): number {
    return this.#goodbyes
  }

  override stop(): Promise<void> {
    this.#held = []
    return super.stop()
  }

  /** As RabbitMQ does when it is short of memory: connections on which a message has come are told, and not read any more. */
  block(reason: string): void {
    this.#blocked = reason
    for (const session of this.#sessions) session.block()
  }

  /** There is room again: what was not read is. */
  unblock(): void {
    this.#blocked = null
    for (const session of this.#sessions) session.unblock()
  }

  /** Ends all connections with these words. */
  closeConnections(reason: Reason): void {
    for (const session of this.#sessions) session.closeConnection(reason)
  }

  /** How many messages are held. */
  get held(): number {
    return this.#held.length
  }

  /** Confirms what was held with one answer for all that have come on a connection. */
  acknowledgeAll(): void {
    this.#held = []
    for (const session of this.#sessions) session.acknowledgeAll()
  }

  /** Confirms what was held, in the order that `arrange` gives it: by default as it came. */
  acknowledgeHeld(arrange: (held: (() => void)[]) => (() => void)[] = held => held): void {
    const held = this.#held
    this.#held = []
    for (const acknowledge of arrange(held)) acknowledge()
  }

  #serve(socket: Socket, script: Script): void {
    const session = new Session(socket, script, {
      connection: ++this.#accepted,
      onHeartbeat: () => void this.#heartbeats++,
      onGoodbye: () => void this.#goodbyes++
    })
    this.#sessions.add(session)
    socket
      .setNoDelay(true)
      .on('data', (chunk: Buffer) => session.take(chunk))
      .on('error', () => socket.destroy())
      .once('close', () => this.#sessions.delete(session))
  }
}
