// A Wialon Retranslator receiver that misbehaves to order: for every packet a script says how to answer, or how to
// fail at it. It reads strictly and hangs up over a packet that is not as the document says. A ledger sees each
// packet before its answer is written, so what it holds is never less than what a sender has been told.

import type net from 'node:net'
import { type Misbehaviour, StrictDouble, type StrictDoubleOptions } from '../shared/tcp/strict-double.ts'
import type { Packet } from './packet/packet.ts'
import { PacketReader } from './packet/packet-reader.ts'

/** The packet is accepted; `afterMs` makes that late. */
export type Reply = { readonly kind: 'answer'; readonly afterMs?: number } | Misbehaviour

export interface DoubleOptions extends StrictDoubleOptions {
  readonly reply: (packet: Packet) => Reply
  readonly ledger?: (packet: Packet) => void
  /** The answer to this packet was written, even if nobody is there any more to read it. */
  readonly answered?: (packet: Packet) => void
  /** What an accepted packet is answered with; default: 0x11. */
  readonly answer?: Buffer
  /** One answer for all accepted packets that were read at once, not one for each. */
  readonly answersOncePerRead?: boolean
}

/** What was accepted of bytes that were read at once, where they are answered together. */
interface Read {
  readonly accepted: Packet[]
  afterMs: number
}

export class WialonDouble extends StrictDouble<Packet> {
  readonly #options: DoubleOptions

  constructor(options: DoubleOptions) {
    super(options)
    this.#options = options
  }

  protected override reader(): PacketReader {
    return new PacketReader()
  }

  protected override take(packets: readonly Packet[], socket: net.Socket): void {
    const read: Read = { accepted: [], afterMs: 0 }
    for (const packet of packets) this.#take(packet, socket, read)
    if (read.accepted.length > 0) this.after(read.afterMs, () => this.#accept(read.accepted, socket))
  }

  #take(packet: Packet, socket: net.Socket, read: Read): void {
    if (this.isOver(socket)) return
    this.#options.ledger?.(packet)
    const reply = this.#options.reply(packet)
    if (reply.kind !== 'answer') {
      this.misbehave(reply, socket)
      return
    }
    const { afterMs = 0 } = reply
    if (this.#options.answersOncePerRead !== true) this.after(afterMs, () => this.#accept([packet], socket))
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
}
