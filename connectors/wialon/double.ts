// A Wialon Retranslator receiver that misbehaves to order: for every packet a script says how to answer, or how to
// fail at it. It reads strictly and hangs up over a packet that is not as the document says. A ledger sees each
// packet before its answer is written, so what it holds is never less than what a sender has been told.

import net from 'node:net'
import { messageOf } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import { DoubleServer } from '../shared/double-server.ts'
import type { Packet } from './packet/packet.ts'
import { PacketReader } from './packet/packet-reader.ts'

export type Reply =
  /** The packet is accepted; `afterMs` makes that late. */
  | { readonly kind: 'answer'; readonly afterMs?: number }
  /** The packet is taken and not answered; what follows is. */
  | { readonly kind: 'silent' }
  /** These bytes stand in place of the answer, none or several. */
  | { readonly kind: 'raw'; readonly bytes: Buffer }
  /** Nothing more is read from this connection. */
  | { readonly kind: 'hang' }
  /** The connection ends in order, after the answers so far. */
  | { readonly kind: 'close' }
  /** The connection is reset, and answers on their way may be lost. */
  | { readonly kind: 'reset' }

export interface DoubleOptions {
  readonly clock: Clock
  readonly reply: (packet: Packet) => Reply
  readonly ledger?: (packet: Packet) => void
  /** The answer to this packet was written, even if nobody is there any more to read it. */
  readonly answered?: (packet: Packet) => void
  /** What an accepted packet is answered with; default: 0x11. */
  readonly answer?: Buffer
  /** One answer for all accepted packets that were read at once, not one for each. */
  readonly answersOncePerRead?: boolean
  /** 0 takes a free port, and keeps it over stop() and start(). */
  readonly port?: number
}

/** What was accepted of bytes that were read at once, where they are answered together. */
interface Read {
  readonly accepted: Packet[]
  afterMs: number
}

export class WialonDouble {
  /** What was wrong with the packets it hung up over. */
  readonly problems: string[] = []
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

  /** Writes these bytes on every connection, asked or not. */
  say(bytes: Buffer): void {
    for (const socket of this.#server.sockets) socket.write(bytes)
  }

  #serve(socket: net.Socket): void {
    const reader = new PacketReader()
    this.#accepted++
    socket.setNoDelay(true)
    socket.on('error', () => {}) // a sender that goes away is none of its business
    socket.on('data', chunk => {
      try {
        const read: Read = { accepted: [], afterMs: 0 }
        for (const packet of reader.push(chunk)) this.#take(packet, socket, read)
        if (read.accepted.length > 0)
          this.#server.after(read.afterMs, () => this.#accept(read.accepted, socket))
      } catch (error) {
        this.problems.push(messageOf(error))
        socket.destroy()
      }
    })
  }

  /** Once a reply has ended the connection, or stopped reading, the rest of what came with it is not taken. */
  #take(packet: Packet, socket: net.Socket, read: Read): void {
    if (socket.destroyed || socket.writableEnded || socket.isPaused()) return
    this.#options.ledger?.(packet)
    const reply = this.#options.reply(packet)
    if (reply.kind !== 'answer') {
      this.#fail(reply, socket)
      return
    }
    const { afterMs = 0 } = reply
    if (this.#options.answersOncePerRead !== true)
      this.#server.after(afterMs, () => this.#accept([packet], socket))
    else {
      read.accepted.push(packet)
      read.afterMs = Math.max(read.afterMs, afterMs)
    }
  }

  /** One answer for all of these packets. */
  #accept(packets: readonly Packet[], socket: net.Socket): void {
    socket.write(this.#options.answer ?? Buffer.of(0x11))
    for (const packet of packets) this.#options.answered?.(packet)
  }

  #fail(reply: Exclude<Reply, { kind: 'answer' }>, socket: net.Socket): void {
    if (reply.kind === 'hang') socket.pause()
    else if (reply.kind === 'close') socket.end()
    else if (reply.kind === 'reset') socket.resetAndDestroy()
    else if (reply.kind === 'raw') socket.write(reply.bytes)
  }
}
