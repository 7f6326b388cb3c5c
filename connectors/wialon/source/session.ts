// One sender. What has come is read, appended and answered before more is taken: the kernel keeps the next packets
// meanwhile, and a sender that is faster than Kafka comes to wait. So there is one append at a time on a connection, and
// packets that a sender has to repeat never get behind later ones of the same device.
//
//   waiting for bytes ──> room in the budget ──> append ──> one 0x11 per packet ──> waiting for bytes
//        │                                          │
//        └── no packet, too large, too slow           └── refused by Kafka ──> closed, the rest unanswered

import type { Socket } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'
import type { Broken, SourceEnv } from '../../connector.ts'
import type { BudgetShare } from '../../shared/byte-budget.ts'
import { addressOf, type Session } from '../../shared/tcp/listener.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import { PacketDeadline } from '../../shared/tcp/packet-deadline.ts'
import type { RefusalLog } from '../../shared/tcp/refusal-log.ts'
import { FrameReader } from '../packet/frames.ts'
import type { WialonFeed } from './feed.ts'
import { type Invalid, incomingOf, type Taken } from './incoming.ts'

/** The bytes of a packet and those of its message, which are about as many. */
const memoryFactor = 2
/** How long a sender may take to read the last answers. */
const farewellMs = 5_000

export interface SessionParts {
  readonly env: SourceEnv
  readonly refusals: RefusalLog
}

export class PacketSession implements Session {
  isBusy = false
  readonly #socket: Socket
  readonly #door: Door<WialonFeed>
  readonly #parts: SessionParts
  readonly #frames: FrameReader
  readonly #share: BudgetShare
  readonly #deadline: PacketDeadline
  /** The sender's address; a socket forgets it once it is closed. */
  readonly #from: string
  #isFinishing = false

  constructor(socket: Socket, door: Door<WialonFeed>, parts: SessionParts) {
    this.#socket = socket
    this.#door = door
    this.#parts = parts
    this.#from = addressOf(socket)
    const { budget, clock } = parts.env
    const { maxPacketBytes, packetTimeoutMs } = door.feed.config
    const largest = Math.floor(budget.largestBytes / memoryFactor)
    this.#frames = new FrameReader(Math.min(maxPacketBytes, largest))
    this.#share = budget.share()
    this.#deadline = new PacketDeadline({
      clock,
      timeoutMs: packetTimeoutMs,
      isBusy: () => this.isBusy,
      onLate: () => this.#giveUp(`after ${packetTimeoutMs} ms`)
    })
    socket.once('close', () => this.#share.leave())
    void this.#serve()
  }

  finish(): void {
    this.#isFinishing = true
    if (!this.isBusy) this.#close()
  }

  /** Never rejects. */
  async #serve(): Promise<void> {
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
        this.isBusy = true
        await this.#take(chunk)
        this.isBusy = false
        if (this.#isFinishing) break
      }
      this.#endInside()
    } catch (error) {
      // Anything else than a fault is the end of the connection, of which no more is known than that.
      if (error instanceof FaultError) this.#refuse(error)
    }
    this.isBusy = false
    this.#deadline.stop()
    this.#share.release()
    this.#close()
  }

  /** Throws a FaultError when the connection must end, the rest unanswered. */
  async #take(chunk: Buffer): Promise<void> {
    const { frames, problem } = this.#frames.push(chunk)
    this.#deadline.follow(this.#frames.isInside, frames.length > 0)
    if (frames.length > 0) {
      this.#share.release() // what was kept for the packet that is whole now: who waits must hold nothing
      await this.#share.reserve(memoryFactor * frames.reduce((sum, frame) => sum + frame.length, 0))
      await this.#store(frames)
      this.#share.release()
    }
    if (problem !== null) throw new FaultError(problem.code, { detail: problem.detail })
    await this.#share.reserve(memoryFactor * this.#frames.insideBytes)
  }

  /** Up to the first packet that is none, all are stored and answered, those that can be no messages as dead letters. */
  async #store(frames: readonly Buffer[]): Promise<void> {
    const { feed } = this.#door
    const taken: Taken[] = []
    const broken: Broken[] = []
    let problem: string | null = null
    for (const frame of frames) {
      const read = incomingOf(frame, feed.rules)
      if (read.kind === 'taken') taken.push(read)
      else if (read.kind === 'invalid') broken.push(brokenOf(frame, read, this.#from))
      else problem = read.reason
      if (problem !== null) break
    }
    if (taken.length > 0) await this.#append(taken)
    if (broken.length > 0) await feed.setAside(broken)
    // Invariant 6: nothing is answered before Kafka has all of it.
    await this.#answer(taken.length + broken.length)
    if (problem !== null) throw new FaultError('wialon_packet_malformed', { detail: problem })
  }

  async #append(taken: readonly Taken[]): Promise<void> {
    const { feed } = this.#door
    const messages = taken.map(({ incoming }) => incoming)
    await feed.append(messages)
    for (const { unit, leftOut } of taken) feed.leftOut(unit, leftOut)
    const bytes = messages.reduce((sum, { value }) => sum + value.length, 0)
    this.#parts.env.meter.accepted(feed.channel, messages.length, bytes)
  }

  /** Waits until the sender has read its answers: one that never does may not send on for ever. */
  async #answer(packets: number): Promise<void> {
    const socket = this.#socket
    if (packets === 0 || !socket.writable || socket.write(Buffer.alloc(packets, 0x11))) return
    this.isBusy = false // it is the sender's turn
    await new Promise<void>(resolve => socket.once('drain', resolve).once('close', resolve))
    this.isBusy = true
  }

  /** Throws when the connection ends inside a packet, unless that is our doing. */
  #endInside(): void {
    if (this.#isFinishing && this.#socket.readable) return
    if (this.#frames.isInside)
      throw new FaultError('wialon_packet_malformed', { detail: 'the connection ended inside a packet' })
  }

  #giveUp(detail: string): void {
    this.#refuse(new FaultError('wialon_packet_timeout', { detail }))
    this.#socket.destroy()
  }

  #refuse(fault: FaultError): void {
    this.#parts.refusals.refused(this.#door.feed.channel, this.#from, fault)
  }

  /** At once, but for answers that are on their way. */
  #close(): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const cancel = this.#parts.env.clock.after(farewellMs, () => socket.destroy())
    socket.once('close', cancel).destroySoon()
  }
}

/** The packet as it came, its size included. */
function brokenOf(frame: Buffer, { reason, unit }: Invalid, from: string): Broken {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(frame.length)
  const device = unit === '' ? {} : { device: unit }
  return {
    bytes: Buffer.concat([size, frame]),
    ...device,
    code: 'wialon_message_invalid',
    detail: reason,
    from
  }
}
