// The bytes under a connection: it opens the socket, reads frames, writes methods, and keeps heartbeats (AMQP 0-9-1, 4.2.7).
// What the frames mean is not its business. Whatever ends it, it ends once, with the first reason.

import net from 'node:net'
import tls from 'node:tls'
import { FaultError } from '../../../schemas/errors.ts'
import { type Clock, every } from '../../clock.ts'
import type { Mask } from '../../shared/mask.ts'
import { beginningOf, wordsOf } from '../../shared/tcp/begun.ts'
import { detailOf } from '../../shared/tls.ts'
import type { Broker } from '../broker.ts'
import {
  encodeFrame,
  type Frame,
  FrameReader,
  frameType,
  heartbeatFrame,
  protocolHeader
} from '../wire/frames.ts'
import { type ArgumentsOf, encodeMethod, type MethodName } from '../wire/methods.ts'

/** The largest frame that is read, and that the broker is told to send at most. */
export const maxFrameBytes = 131_072
const tcpKeepAliveDelayMs = 60_000
const farewellMs = 1_000

export interface LinkOptions {
  readonly clock: Clock
  readonly mask: Mask
  readonly broker: Broker
  /** Called for every frame but heartbeats. What it throws ends the link. */
  onFrame(frame: Frame): void
  /** Called once; without an error the other side has hung up. */
  onEnd(error: unknown): void
}

export class Link {
  readonly #options: LinkOptions
  readonly #socket: net.Socket
  readonly #reader = new FrameReader(maxFrameBytes)
  #begun: Buffer = Buffer.alloc(0)
  #error: unknown
  #isCorked = false
  #hasSent = false
  /** Halves of the interval of heartbeats in which nothing has come. */
  #silentHalves = 0
  readonly #cancels: (() => void)[] = []

  /** Begins to connect. */
  constructor(options: LinkOptions) {
    const { host, port, tls: secure } = options.broker
    this.#options = options
    this.#socket = secure === undefined ? net.connect({ host, port }) : tls.connect({ ...secure, host, port })
    this.#socket
      .setNoDelay(true)
      .setKeepAlive(true, tcpKeepAliveDelayMs)
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .on('error', error => this.fail(error))
      .once('end', () => this.#socket.destroy())
      .once('close', () => {
        for (const cancel of this.#cancels) cancel()
        options.onEnd(this.#error)
      })
    this.write(protocolHeader)
  }

  send<N extends MethodName>(channel: number, name: N, args: ArgumentsOf<N>): void {
    this.write(encodeFrame({ type: frameType.method, channel, payload: encodeMethod(name, args) }))
  }

  /** What is written in one turn of the event loop goes out together. */
  write(...pieces: readonly Buffer[]): void {
    if (!this.#socket.writable) return
    this.#hasSent = true
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        this.#socket.uncork()
      })
    }
    for (const piece of pieces) this.#socket.write(piece)
  }

  /** Says that we are there twice in each interval, and gives up once nothing was heard for two of them, which it looks at as often. */
  beat(intervalSeconds: number): void {
    if (intervalSeconds === 0) return
    const { clock } = this.#options
    const detail = `after ${2 * intervalSeconds} s`
    const beat = () => {
      if (!this.#hasSent) this.write(heartbeatFrame)
      this.#hasSent = false
      this.#silentHalves++
      if (this.#silentHalves > 4) this.fail(new FaultError('amqp_heartbeat_missed', { detail }))
    }
    this.#cancels.push(every(clock, 500 * intervalSeconds, beat))
  }

  /** Ends it; the first reason is the one that is told. */
  fail(error: unknown): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  /** Ends it once what was written has gone out, which is not waited for long. */
  finish(error: unknown): void {
    this.#error ??= error
    if (this.#socket.destroyed) return
    this.#cancels.push(this.#options.clock.after(farewellMs, () => this.#socket.destroy()))
    this.#socket.end(() => this.#socket.destroy())
  }

  #take(chunk: Buffer): void {
    this.#silentHalves = 0
    if (this.#begun.length === 0) this.#begun = beginningOf(chunk)
    try {
      for (const frame of this.#reader.take(chunk)) {
        if (this.#socket.destroyed || this.#error !== undefined) return
        if (frame.type !== frameType.heartbeat) this.#options.onFrame(frame)
      }
    } catch (error) {
      this.fail(error instanceof FaultError ? error : this.#malformed(error))
    }
  }

  #malformed(error: unknown): FaultError {
    const isFromTheStart = this.#begun[0] !== frameType.method
    const detail = isFromTheStart
      ? `${wordsOf(this.#begun, this.#options.mask)} came, which is not AMQP 0-9-1 (${detailOf(error)})`
      : this.#options.mask.apply(detailOf(error))
    return new FaultError('amqp_answer_malformed', { detail, cause: error })
  }
}
