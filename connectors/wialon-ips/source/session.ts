// One device, which has its connection for itself: it logs in, and then each packet is answered by itself.

import type { Socket } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import { SenderSession, type SessionParts } from '../../shared/tcp/sender-session.ts'
import { type Line, type LineProblem, LineReader } from '../codec/line-reader.ts'
import { Conversation } from './conversation.ts'
import type { WialonIpsFeed } from './feed.ts'
import type { KeptRecords } from './kept.ts'
import { Records, recordsAtOnce } from './records.ts'

/** Of a byte of a packet: the buffer it comes into, its text, and that of its messages, whose names are long. */
const memoryFactor = 8
/** Of a record beside its bytes: the objects of its message, and the names that the smallest one has as well ... */
const recordBytes = 768
/** ... and the ident in it and as its key, where a control character takes six bytes and one. */
const identFactor = 7
/** Who has not logged in gets no room in the budget, and need not have any. */
const maxLoginBytes = 1_024
/** What belongs to no packet yet is free up to the first, has room up to the second, and then for the longest packet. */
const freeBytes = 4_096
const commonBytes = 65_536

export class DeviceSession extends SenderSession<WialonIpsFeed> {
  readonly #maxPacketBytes: number
  readonly #reader = new LineReader(maxLoginBytes)
  readonly #conversation: Conversation
  #reservedBytes = 0

  constructor(socket: Socket, door: Door<WialonIpsFeed>, parts: SessionParts & { kept: KeptRecords }) {
    super(socket, door, parts)
    const { env, kept } = parts
    const largest = Math.floor(env.budget.largestBytes / memoryFactor)
    this.#maxPacketBytes = Math.min(door.feed.config.maxPacketBytes, largest)
    const refused = (fault: FaultError) => this.refuse(fault)
    this.#conversation = new Conversation({
      door,
      records: new Records({ env, door, from: this.from, kept, refused }),
      refused,
      answer: text => this.answer(text)
    })
    this.deadline.follow(true, true)
  }

  protected override async take(chunk: Buffer): Promise<boolean> {
    const reader = this.#reader
    reader.push(chunk)
    let lines = 0
    for (let line = reader.next(); line !== null; line = reader.next()) {
      if (typeof line === 'string') throw this.#faultOf(line)
      lines++
      if (!(await this.#hear(line))) return false
    }
    const isIn = this.#conversation.isLoggedIn
    this.deadline.follow(reader.isInside || !isIn, lines > 0 && isIn)
    await this.#keepRoom()
    return true
  }

  async #hear(line: Line): Promise<boolean> {
    const needed = this.#neededFor(line)
    if (this.#conversation.isLoggedIn && needed > this.#reservedBytes) {
      line.drop()
      await this.#reserve(needed)
    }
    const goesOn = await this.#conversation.hear(line.bytes())
    if (this.#conversation.isLoggedIn) this.#reader.maxLineBytes = this.#maxPacketBytes
    this.#release()
    return goesOn
  }

  /** What a packet may take until it is appended. */
  #neededFor(line: Line): number {
    const identBytes = Buffer.byteLength(this.#conversation.ident ?? '')
    const records = countRecords(line.bytes())
    const needed = memoryFactor * line.length + records * (recordBytes + identFactor * identBytes)
    return Math.min(needed, this.env.budget.largestBytes)
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
    await this.share.reserve(bytes)
    this.#reservedBytes = bytes
  }

  #release(): void {
    this.share.release()
    this.#reservedBytes = 0
  }

  #faultOf(problem: LineProblem): FaultError {
    return problem === 'too long'
      ? new FaultError('wialon_ips_packet_too_large', {
          detail: `at most ${this.#reader.maxLineBytes} bytes`
        })
      : new FaultError('wialon_ips_packet_malformed', { detail: 'what is compressed is not one packet' })
  }

  protected override get isInside(): boolean {
    return this.#reader.isInside
  }

  protected override get unadmitted(): FaultError | null {
    const { isAdmitted, ident } = this.#conversation
    return isAdmitted ? null : new FaultError('wialon_ips_login_refused', { detail: ident ?? '' })
  }

  protected override late(detail: string): FaultError {
    const code = this.#conversation.isLoggedIn ? 'wialon_ips_packet_timeout' : 'wialon_ips_login_missing'
    return new FaultError(code, { detail })
  }

  protected override torn(detail: string): FaultError {
    return new FaultError('wialon_ips_packet_malformed', { detail })
  }
}

const separator = 0x7c

/** How many of them are in memory as messages at a time, at most. */
function countRecords(line: Buffer): number {
  let count = 1
  for (
    let at = line.indexOf(separator);
    at !== -1 && count < recordsAtOnce;
    at = line.indexOf(separator, at + 1)
  )
    count++
  return count
}
