// One connection, which is of one device. A packet is read, appended and answered before the next one is looked at: the
// kernel keeps what follows, and a sender that is faster than Kafka comes to wait. So there is one append at a time on a
// connection, and what a device has to repeat never gets behind what is later.
//
//   waiting for bytes ──> a line ──> room in the budget ──> append ──> answer ──> waiting for bytes
//        │                  │                                 │
//        └─ too long, too slow, no packet, no login ──────────┴── refused by Kafka ──> closed without an answer

import type { Socket } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'
import type { SourceEnv } from '../../connector.ts'
import type { BudgetShare } from '../../shared/byte-budget.ts'
import { addressOf, type Session } from '../../shared/tcp/listener.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import { PacketDeadline } from '../../shared/tcp/packet-deadline.ts'
import type { RefusalLog } from '../../shared/tcp/refusal-log.ts'
import { type Line, type LineProblem, LineReader } from '../codec/line-reader.ts'
import { Conversation } from './conversation.ts'
import type { WialonIpsFeed } from './feed.ts'

/** Of a byte of a packet: the buffer it comes into, its text, and that of its messages, whose names are long. */
const memoryFactor = 8
/** Who has not logged in gets no room in the budget, and need not have any. */
const maxLoginBytes = 1_024
/** What belongs to no packet yet is free up to the first, has room up to the second, and then for the longest packet. */
const freeBytes = 4_096
const commonBytes = 65_536
/** How long a device may take to read the last answers. */
const farewellMs = 5_000

export interface SessionParts {
  readonly env: SourceEnv
  readonly refusals: RefusalLog
}

export class DeviceSession implements Session {
  isBusy = false
  readonly #socket: Socket
  readonly #door: Door<WialonIpsFeed>
  readonly #parts: SessionParts
  readonly #from: string
  readonly #maxPacketBytes: number
  readonly #reader = new LineReader(maxLoginBytes)
  readonly #share: BudgetShare
  readonly #deadline: PacketDeadline
  readonly #conversation: Conversation
  #reservedBytes = 0
  #isFinishing = false

  constructor(socket: Socket, door: Door<WialonIpsFeed>, parts: SessionParts) {
    this.#socket = socket
    this.#door = door
    this.#parts = parts
    this.#from = addressOf(socket)
    const { budget, clock } = parts.env
    const { maxPacketBytes, packetTimeoutMs } = door.feed.config
    this.#maxPacketBytes = Math.min(maxPacketBytes, Math.floor(budget.largestBytes / memoryFactor))
    this.#share = budget.share()
    this.#deadline = new PacketDeadline({
      clock,
      timeoutMs: packetTimeoutMs,
      isBusy: () => this.isBusy,
      onLate: () => this.#giveUp(`after ${packetTimeoutMs} ms`)
    })
    this.#conversation = new Conversation({
      env: parts.env,
      door,
      refused: fault => this.#refused(fault),
      answer: text => this.#answer(text)
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
    this.#deadline.follow(true, true)
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
        this.isBusy = true
        const goesOn = await this.#take(chunk)
        this.isBusy = false
        if (this.#isFinishing || !goesOn) break
      }
      this.#endInside()
    } catch (error) {
      // Anything else than a fault is the end of the connection, of which no more is known than that.
      if (error instanceof FaultError) this.#refused(error)
    }
    this.isBusy = false
    this.#deadline.stop()
    this.#release()
    this.#close()
  }

  /** False when the connection is to end. Throws a FaultError when it is to end at once. */
  async #take(chunk: Buffer): Promise<boolean> {
    const reader = this.#reader
    reader.push(chunk)
    let lines = 0
    for (let line = reader.next(); line !== null; line = reader.next()) {
      if (typeof line === 'string') throw this.#faultOf(line)
      lines++
      if (!(await this.#hear(line))) return false
    }
    const isIn = this.#conversation.isLoggedIn
    this.#deadline.follow(reader.isInside || !isIn, lines > 0 && isIn)
    await this.#keepRoom()
    return true
  }

  async #hear(line: Line): Promise<boolean> {
    const needed = memoryFactor * line.length
    if (this.#conversation.isLoggedIn && needed > this.#reservedBytes) {
      line.drop()
      await this.#reserve(needed)
    }
    const goesOn = await this.#conversation.hear(line.bytes())
    if (this.#conversation.isLoggedIn) this.#reader.maxLineBytes = this.#maxPacketBytes
    this.#release()
    return goesOn
  }

  /** For a packet that has begun: who waits for more holds nothing meanwhile, so that nobody waits for each other. */
  async #keepRoom(): Promise<void> {
    const { heldBytes, isInside } = this.#reader
    if (!isInside || heldBytes <= freeBytes) return
    const most = this.#maxPacketBytes
    const needed = memoryFactor * (heldBytes <= commonBytes ? Math.min(commonBytes, most) : most)
    if (needed > this.#reservedBytes) await this.#reserve(needed)
  }

  async #reserve(bytes: number): Promise<void> {
    this.#release()
    await this.#share.reserve(bytes)
    this.#reservedBytes = bytes
  }

  #release(): void {
    this.#share.release()
    this.#reservedBytes = 0
  }

  #faultOf(problem: LineProblem): FaultError {
    return problem === 'too long'
      ? new FaultError('wialon_ips_packet_too_large', {
          detail: `at most ${this.#reader.maxLineBytes} bytes`
        })
      : new FaultError('wialon_ips_packet_malformed', { detail: 'what is compressed is not one packet' })
  }

  /** Waits until the device has read its answers: one that never does may not send on for ever. */
  async #answer(text: string): Promise<void> {
    const socket = this.#socket
    if (!socket.writable || socket.write(text)) return
    this.isBusy = false // it is the device's turn
    await new Promise<void>(resolve => socket.once('drain', resolve).once('close', resolve))
    this.isBusy = true
  }

  /** Throws when the connection ends inside a packet, unless that is our doing. */
  #endInside(): void {
    if (this.#socket.readable || !this.#reader.isInside) return
    throw new FaultError('wialon_ips_packet_malformed', { detail: 'the connection ended inside a packet' })
  }

  #giveUp(detail: string): void {
    const code = this.#conversation.isLoggedIn ? 'wialon_ips_packet_timeout' : 'wialon_ips_login_missing'
    this.#refused(new FaultError(code, { detail }))
    this.#socket.destroy()
  }

  #refused(fault: FaultError): void {
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
