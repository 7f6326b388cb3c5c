// A receiver of Wialon IPS that misbehaves to order: for every login and every packet a script says how to answer, or how
// to fail at it. It reads strictly, in code of its own, and hangs up over a packet that is not as the document says. A
// ledger sees each packet before its answer is written, so what it holds is never less than what a sender was told.

import type net from 'node:net'
import { type Misbehaviour, StrictDouble, type StrictDoubleOptions } from '../shared/tcp/strict-double.ts'
import { StrictReader } from './double/strict-reader.ts'

/** Accepted, or what `body` says; `afterMs` makes that late. */
export type Reply =
  | { readonly kind: 'answer'; readonly body?: string; readonly afterMs?: number }
  | Misbehaviour

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

export interface DoubleOptions extends StrictDoubleOptions {
  readonly login?: (login: ReceivedLogin) => Reply
  readonly reply?: (packet: Received) => Reply
  readonly ledger?: (packet: Received) => void
  /** The packet was confirmed as a whole, even if nobody is there any more to read it. */
  readonly answered?: (packet: Received) => void
}

const accept: Reply = { kind: 'answer' }

export class WialonIpsDouble extends StrictDouble<ReceivedLogin | Received> {
  readonly #options: DoubleOptions

  constructor(options: DoubleOptions) {
    super(options)
    this.#options = options
  }

  protected override reader(): StrictReader {
    return new StrictReader()
  }

  protected override take(packets: readonly (ReceivedLogin | Received)[], socket: net.Socket): void {
    for (const read of packets) this.#take(read, socket)
  }

  #take(read: ReceivedLogin | Received, socket: net.Socket): void {
    if (this.isOver(socket)) return
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
      this.after(reply.afterMs ?? 0, () => {
        if (body === yes) confirmed?.()
        socket.write(`#${type}#${body}\r\n`)
      })
    } else this.misbehave(reply, socket)
  }
}

interface Answer {
  readonly type: string
  /** The body that accepts. */
  readonly yes: string
  readonly confirmed?: () => void
}
