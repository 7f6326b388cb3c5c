// A connection of a sender whose packets are answered: from its first byte to its end. What has come is read, appended
// and answered before more is taken: the kernel keeps what follows meanwhile, and a sender that is faster than Kafka comes
// to wait. So there is one append at a time on a connection, and what a sender has to repeat never gets behind what is
// later. What a packet is and what is answered to it is the protocol's.
//
//   waiting for bytes ──> room in the budget ──> append ──> answer ──> waiting for bytes
//        │                                          │
//        └── no packet, too large, too slow           └── refused by Kafka ──> closed without an answer

import type { Socket } from 'node:net'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { Feed, SourceEnv } from '../../connector.ts'
import type { BudgetShare } from '../byte-budget.ts'
import { addressOf, type Session } from './listener.ts'
import type { Door } from './listeners.ts'
import { PacketDeadline } from './packet-deadline.ts'
import type { RefusalLog } from './refusal-log.ts'

/** How long a sender may take to read the last answers. */
const farewellMs = 5_000

export interface SessionParts {
  readonly env: SourceEnv
  readonly refusals: RefusalLog
}

export abstract class SenderSession<F extends Feed<{ readonly packetTimeoutMs: number }>> implements Session {
  isBusy = false
  protected readonly door: Door<F>
  protected readonly env: SourceEnv
  protected readonly share: BudgetShare
  protected readonly deadline: PacketDeadline
  /** The sender's address; a socket forgets it once it is closed. */
  protected readonly from: string
  readonly #socket: Socket
  readonly #refusals: RefusalLog
  #isFinishing = false

  constructor(socket: Socket, door: Door<F>, { env, refusals }: SessionParts) {
    const { packetTimeoutMs: timeoutMs } = door.feed.config
    this.door = door
    this.env = env
    this.share = env.budget.share()
    this.deadline = new PacketDeadline({
      clock: env.clock,
      timeoutMs,
      isBusy: () => this.isBusy,
      onLate: () => this.#giveUp(this.late(`after ${timeoutMs} ms`))
    })
    this.from = addressOf(socket)
    this.#socket = socket
    this.#refusals = refusals
    socket.once('close', () => this.share.leave())
  }

  finish(): void {
    this.#isFinishing = true
    if (!this.isBusy) this.#close()
  }

  renewed(): void {
    const fault = this.#isFinishing ? null : this.unadmitted
    if (fault === null) return
    this.refuse(fault)
    this.finish()
  }

  /** Serves it to its end. Never rejects; called once, when the session is whole. */
  async serve(): Promise<void> {
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
        this.isBusy = true
        const goesOn = await this.#take(chunk)
        this.isBusy = false
        if (this.#isFinishing || !goesOn) break
      }
      // Inside a packet, unless that is our doing.
      if (!this.#socket.readable && this.isInside) throw this.torn('the connection ended inside a packet')
    } catch (error) {
      // Anything else than a fault comes from the socket: the connection has ended, and no more is known than that.
      if (error instanceof FaultError) this.refuse(error)
    }
    this.isBusy = false
    this.deadline.stop()
    this.share.release()
    this.#close()
  }

  /**
   * Takes what has come. Resolves with false when the connection is to end, all said; rejects with a FaultError when it
   * is to end, the rest unanswered.
   */
  protected abstract take(chunk: Buffer): Promise<boolean>

  /** What is no fault of the closed list is one of ours. */
  async #take(chunk: Buffer): Promise<boolean> {
    try {
      return await this.take(chunk)
    } catch (cause) {
      throw cause instanceof FaultError
        ? cause
        : new FaultError('internal', { detail: messageOf(cause), cause })
    }
  }

  /** Why it may not send any more, by the settings of now; null while it may. */
  protected abstract readonly unadmitted: FaultError | null

  /** A packet has begun and is not whole. */
  protected abstract readonly isInside: boolean

  /** The fault of a packet that is not whole by its deadline ... */
  protected abstract late(detail: string): FaultError

  /** ... or by the end of the connection. */
  protected abstract torn(detail: string): FaultError

  /** Waits until the sender has read its answers: one that never does may not send on for ever. */
  protected async answer(bytes: Buffer | string): Promise<void> {
    const socket = this.#socket
    if (!socket.writable || socket.write(bytes)) return
    this.isBusy = false // it is the sender's turn
    await new Promise<void>(resolve => socket.once('drain', resolve).once('close', resolve))
    this.isBusy = true
  }

  /** Counts and tells what is refused. */
  protected refuse(fault: FaultError): void {
    this.#refusals.refused(this.door.feed.channel, this.from, fault)
  }

  #giveUp(fault: FaultError): void {
    this.refuse(fault)
    this.#socket.destroy()
  }

  /** At once, but for answers that are on their way. */
  #close(): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const cancel = this.env.clock.after(farewellMs, () => socket.destroy())
    socket.once('close', cancel).destroySoon()
  }
}
