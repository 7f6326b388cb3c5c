// What the doubles of receivers over TCP have in common: they read strictly and hang up over whatever is not as the
// document says, and they fail at a packet in the ways of a socket. What a packet is and how it is answered is theirs.

import net from 'node:net'
import { messageOf } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { DoubleServer } from '../double-server.ts'

/** What a receiver may do instead of answering. */
export type Misbehaviour =
  /** The packet is taken and not answered; what follows is. */
  | { readonly kind: 'silent' }
  /** These bytes stand in place of the answer, none or several. */
  | { readonly kind: 'raw'; readonly bytes: Buffer | string }
  /** Nothing more is read from this connection. */
  | { readonly kind: 'hang' }
  /** The connection ends in order, after the answers so far. */
  | { readonly kind: 'close' }
  /** The connection is reset, and answers on their way may be lost. */
  | { readonly kind: 'reset' }

export interface StrictDoubleOptions {
  readonly clock: Clock
  /** 0 takes a free port, and keeps it over stop() and start(). */
  readonly port?: number
}

export abstract class StrictDouble<Read> extends DoubleServer {
  /** What was wrong with the packets it hung up over. */
  readonly problems: string[] = []
  /** The most connections there were at a time. */
  peak = 0
  #accepted = 0

  constructor({ clock, port }: StrictDoubleOptions) {
    super({ clock, port, create: () => net.createServer(socket => this.#serve(socket)) })
  }

  /** How many connections there have been. */
  get accepted(): number {
    return this.#accepted
  }

  /** Writes this on every connection, asked or not. */
  say(bytes: Buffer | string): void {
    for (const socket of this.sockets) socket.write(bytes)
  }

  /** The reader of one connection: gives what is whole by now, and throws over what is not allowed. */
  protected abstract reader(): { push(chunk: Buffer): readonly Read[] }

  /** What came at once. */
  protected abstract take(read: readonly Read[], socket: net.Socket): void

  /** A reply has ended the connection, or stopped reading: the rest of what came with it is not taken. */
  protected isOver(socket: net.Socket): boolean {
    return socket.destroyed || socket.writableEnded || socket.isPaused()
  }

  protected misbehave(reply: Misbehaviour, socket: net.Socket): void {
    if (reply.kind === 'hang') socket.pause()
    else if (reply.kind === 'close') socket.end()
    else if (reply.kind === 'reset') socket.resetAndDestroy()
    else if (reply.kind === 'raw') socket.write(reply.bytes)
  }

  #serve(socket: net.Socket): void {
    const reader = this.reader()
    this.#accepted++
    this.peak = Math.max(this.peak, this.connections + 1) // this one is not counted yet
    socket.setNoDelay(true)
    socket.on('error', () => {}) // a sender that goes away is none of its business
    socket.on('data', chunk => {
      try {
        this.take(reader.push(chunk), socket)
      } catch (error) {
        this.problems.push(messageOf(error))
        socket.destroy()
      }
    })
  }
}
