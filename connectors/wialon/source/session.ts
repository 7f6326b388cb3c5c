// One sender of Retranslator: one 0x11 for each packet, once Kafka has it.

import type { Socket } from 'node:net'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Broken } from '../../connector.ts'
import { appendFitting } from '../../shared/source/append-fitting.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import { SenderSession, type SessionParts } from '../../shared/tcp/sender-session.ts'
import { FrameReader } from '../packet/frames.ts'
import type { WialonFeed } from './feed.ts'
import { incomingOf, type Taken } from './incoming.ts'

/** Of a byte of a packet: itself, and what it becomes in JSON, where a control character takes six. */
const memoryFactor = 7
/** Of a name beside its characters. */
const nameBytes = 32
/** Of a packet beside its bytes: the objects of its message, and the names that the smallest one has as well. */
const packetBytes = 1_024

export class PacketSession extends SenderSession<WialonFeed> {
  readonly #frames: FrameReader
  readonly #largestBytes: number
  /** A socket forgets it once it is closed. */
  readonly #address: string

  constructor(socket: Socket, door: Door<WialonFeed>, parts: SessionParts) {
    super(socket, door, parts)
    this.#address = socket.remoteAddress ?? ''
    this.#largestBytes = parts.env.budget.largestBytes
    this.#frames = new FrameReader(Math.min(door.feed.config.maxPacketBytes, this.#largestBytes >> 1))
  }

  protected override async take(chunk: Buffer): Promise<boolean> {
    const { frames, problem } = this.#frames.push(chunk)
    this.deadline.follow(this.#frames.isInside, frames.length > 0)
    for (const some of portions(frames, this.#largestBytes)) {
      this.share.release() // what was kept for the packet that is whole now: who waits must hold nothing
      await this.share.reserve(Math.min(neededFor(some), this.#largestBytes))
      await this.#store(some)
      this.share.release()
    }
    if (problem !== null) throw new FaultError(problem.code, { detail: problem.detail })
    await this.share.reserve(this.#frames.insideBytes)
    return true
  }

  protected override get isInside(): boolean {
    return this.#frames.isInside
  }

  protected override get unadmitted(): FaultError | null {
    return this.door.feed.admits(this.#address) ? null : new FaultError('wialon_sender_refused')
  }

  protected override late(detail: string): FaultError {
    return new FaultError('wialon_packet_timeout', { detail })
  }

  protected override torn(detail: string): FaultError {
    return new FaultError('wialon_packet_malformed', { detail })
  }

  /** Up to the first packet that is none, all are stored and answered, those that can be no messages as dead letters. */
  async #store(frames: readonly Buffer[]): Promise<void> {
    const taken: (Taken & Framed)[] = []
    const broken: Broken[] = []
    let problem: string | null = null
    for (const frame of frames) {
      const read = incomingOf(frame, this.door.feed.rules)
      if (read.kind === 'taken') taken.push({ ...read, frame })
      else if (read.kind === 'invalid')
        broken.push(this.#brokenOf({ ...read, frame }, 'wialon_message_invalid', read.reason))
      else problem = read.reason
      if (problem !== null) break
    }
    this.share.keep(heldFor(frames) + grownTo(taken)) // it has become less than it could have
    if (taken.length > 0) await this.#append(taken)
    if (broken.length > 0) await this.door.feed.setAside(broken)
    // Invariant 6: nothing is answered before Kafka has all of it.
    const packets = taken.length + broken.length
    if (packets > 0) await this.answer(Buffer.alloc(packets, 0x11))
    if (problem !== null) throw new FaultError('wialon_packet_malformed', { detail: problem })
  }

  async #append(taken: readonly (Taken & Framed)[]): Promise<void> {
    const { feed } = this.door
    const appended = await appendFitting(taken, feed, (one, detail) =>
      this.#brokenOf(one, 'wialon_message_too_large', detail)
    )
    for (const { unit, leftOut } of appended) feed.leftOut(unit, leftOut)
    const bytes = appended.reduce((sum, { message }) => sum + message.value.length, 0)
    if (appended.length > 0) this.env.meter.accepted(feed.channel, appended.length, bytes)
  }

  /** The packet as it came, its size included. */
  #brokenOf({ frame, unit }: Framed, code: ErrorCode, detail: string): Broken {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(frame.length)
    const device = unit === '' ? {} : { device: unit }
    return { bytes: Buffer.concat([size, frame]), ...device, code, detail, from: this.from }
  }
}

/** What came, and whose it is. */
interface Framed {
  readonly frame: Buffer
  /** Perhaps empty. */
  readonly unit: string
}

/** As many at a time as there can be room for. */
function* portions(frames: readonly Buffer[], mostBytes: number): Generator<readonly Buffer[]> {
  let some: Buffer[] = []
  let bytes = 0
  for (const frame of frames) {
    const needed = memoryFactor * frame.length + packetBytes
    if (some.length > 0 && bytes + needed > mostBytes) {
      yield some
      some = []
      bytes = 0
    }
    some.push(frame)
    bytes += needed
  }
  if (some.length > 0) yield some
}

/** The most that packets may take until they are appended. */
function neededFor(frames: readonly Buffer[]): number {
  return memoryFactor * sizeOf(frames) + packetBytes * frames.length
}

/** What they have become: their messages, and the names of what is left out. */
function grownTo(taken: readonly Taken[]): number {
  return taken.reduce(
    (sum, { message, leftOut }) =>
      sum +
      message.key.length +
      message.value.length +
      leftOut.reduce((names, name) => names + name.length + nameBytes, 0),
    0
  )
}

/** What they take beside that. */
function heldFor(frames: readonly Buffer[]): number {
  return sizeOf(frames) + packetBytes * frames.length
}

function sizeOf(frames: readonly Buffer[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0)
}
