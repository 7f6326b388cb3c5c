// A receiver of Wialon IPS that misbehaves to order: for every login and every packet a script says how to answer, or how
// to fail at it. It reads strictly, in code of its own, and hangs up over a packet that is not as the document says. A
// ledger sees each packet before its answer is written, so what it holds is never less than what a sender was told.

import net from 'node:net'
import { messageOf } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import { DoubleServer } from '../shared/double-server.ts'
import { StrictReader } from './double/strict-reader.ts'

export type Reply =
  /** Accepted, or what `body` says; `afterMs` makes that late. */
  | { readonly kind: 'answer'; readonly body?: string; readonly afterMs?: number }
  /** The packet is taken and not answered; what follows is. */
  | { readonly kind: 'silent' }
  /** These bytes stand in place of the answer. */
  | { readonly kind: 'raw'; readonly bytes: string }
  /** Nothing more is read from this connection. */
  | { readonly kind: 'hang' }
  /** The connection ends in order, after the answers so far. */
  | { readonly kind: 'close' }
  /** The connection is reset, and answers on their way may be lost. */
  | { readonly kind: 'reset' }

/** A login that was read whole. */
export interface ReceivedLogin {
  readonly version: string
  readonly ident: string
  readonly password: string
}

/** A packet with records that was read whole. */
export interface Received {
  readonly ident: string
  readonly type: 'D' | 'B'
  /** Without CRC: fields separated by semicolons. */
  readonly records: readonly string[]
}

export interface DoubleOptions {
  readonly clock: Clock
  readonly login?: (login: ReceivedLogin) => Reply
  readonly reply?: (packet: Received) => Reply
  readonly ledger?: (packet: Received) => void
  /** The packet was confirmed as a whole, even if nobody is there any more to read it. */
  readonly answered?: (packet: Received) => void
  /** 0 takes a free port, and keeps it over stop() and start(). */
  readonly port?: number
}

const accept: Reply = { kind: 'answer' }

export class WialonIpsDouble {
  /** What was wrong with the packets it hung up over. */
  readonly problems: string[] = []
  /** The most connections there were at a time. */
  peak = 0
  readonly #options: DoubleOptions
  readonly #server: DoubleServer
  #accepted = 0

  constructor(options: DoubleOptions) {
    this.#options = options
    const { clock, port } = options
    const create = () => net.createServer(socket => this.#serve(socket))
    this.#server = new DoubleServer({ clock, create, port })
  }

  get host(): string {
    return this.#server.host
  }

  get port(): number {
    return this.#server.port
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#server.sockets.size
  }

  /** How many connections there have been. */
  get accepted(): number {
    return this.#accepted
  }

  /** Listens. Throws a FaultError `listen_failed`; may be called again after stop(). */
  start(): Promise<void> {
    return this.#server.start()
  }

  /** Refuses connections from now on and cuts those that are open, answered or not. */
  stop(): Promise<void> {
    return this.#server.stop()
  }

  /** Cuts all connections, and goes on listening. */
  cut(): void {
    this.#server.cut()
  }

  /** Writes this on every connection, asked or not. */
  say(text: string): void {
    for (const socket of this.#server.sockets) socket.write(text)
  }

  #serve(socket: net.Socket): void {
    const reader = new StrictReader()
    this.#accepted++
    this.peak = Math.max(this.peak, this.connections + 1) // this one is not counted yet
    socket.setNoDelay(true)
    socket.on('error', () => {}) // a sender that goes away is none of its business
    socket.on('data', chunk => {
      try {
        for (const read of reader.push(chunk)) this.#take(read, socket)
      } catch (error) {
        this.problems.push(messageOf(error))
        socket.destroy()
      }
    })
  }

  /** Once a reply has ended the connection, or stopped reading, the rest of what came with it is not taken. */
  #take(read: ReceivedLogin | Received, socket: net.Socket): void {
    if (socket.destroyed || socket.writableEnded || socket.isPaused()) return
    if ('version' in read) {
      this.#follow(this.#options.login?.(read) ?? accept, socket, { type: 'AL', yes: '1' })
      return
    }
    this.#options.ledger?.(read)
    const yes = read.type === 'D' ? '1' : String(read.records.length)
    const confirmed = () => this.#options.answered?.(read)
    this.#follow(this.#options.reply?.(read) ?? accept, socket, { type: `A${read.type}`, yes, confirmed })
  }

  #follow(reply: Reply, socket: net.Socket, { type, yes, confirmed }: Answer): void {
    if (reply.kind === 'answer') {
      const body = reply.body ?? yes
      this.#server.after(reply.afterMs ?? 0, () => {
        if (body === yes) confirmed?.()
        socket.write(`#${type}#${body}\r\n`)
      })
    } else if (reply.kind === 'raw') socket.write(reply.bytes)
    else if (reply.kind === 'hang') socket.pause()
    else if (reply.kind === 'close') socket.end()
    else if (reply.kind === 'reset') socket.resetAndDestroy()
  }
}

interface Answer {
  readonly type: string
  /** The body that accepts. */
  readonly yes: string
  readonly confirmed?: () => void
}
