// A connection to a receiver. Answers are matched to packets by counting alone, so a connection on which the
// count is in doubt is never used again: every failure ends it, and what still comes from it is not listened to.
//
//   none ──connect()──> idle ──send()──> waiting for answers
//    ^                   │ ^                   │ │
//    └──lost, odd bytes──┘ └──all that is owed─┘ └──lost, odd bytes, time-out, abort──> none

import net from 'node:net'
import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import { delivered, type Outcome } from '../connector.ts'
import { abortFault } from '../shared/abort.ts'
import { Wait } from '../shared/wait.ts'
import type { Acknowledgement, Exchange } from './acknowledgement.ts'
import { connectFault, outcomeOfConnect, outcomeOfExchange } from './outcome.ts'

const tcpKeepAliveDelayMs = 60_000

export interface ConnectionSettings {
  readonly clock: Clock
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
  readonly acknowledgement: Acknowledgement
  /** Bytes came although no packet was waiting for an answer. */
  onUnasked(bytes: number): void
}

/** Packets one directly after the other, and how many they are. */
export interface Written {
  readonly packets: number
  readonly bytes: Buffer
}

export class Connection {
  readonly #settings: ConnectionSettings
  /** All that are not closed yet, those that were given up included. */
  readonly #sockets = new Set<net.Socket>()
  /** The one in use. */
  #socket: net.Socket | null = null
  #exchange: Exchange | null = null
  /** What connect() or send() waits for. */
  #wait: Wait | null = null

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /** Opens the connection unless it stands. Rejects with a FaultError when it does not come about. */
  async connect(signal: AbortSignal): Promise<net.Socket> {
    if (this.#wait !== null) throw new FaultError('internal', { detail: 'a batch is in flight already' })
    if (signal.aborted) throw abortFault(signal)
    if (this.#socket !== null) return this.#socket
    const wait = this.#begin('wialon_connect_timeout', this.#settings.connectTimeoutMs, signal)
    const socket = this.#open()
    socket.once('connect', () => wait.end())
    try {
      await wait.done
      return socket
    } catch (error) {
      this.#giveUp(socket)
      throw connectFault(error)
    } finally {
      this.#wait = null
    }
  }

  /** Writes packets, connecting first if need be, and waits until they count as accepted. Never rejects. */
  async send({ packets, bytes }: Written, signal: AbortSignal): Promise<Outcome> {
    let socket: net.Socket
    try {
      socket = await this.connect(signal)
    } catch (error) {
      return outcomeOfConnect(error)
    }
    const exchange = { packets, answers: 0 }
    this.#exchange = exchange
    const { isWritingEnough } = this.#settings.acknowledgement
    const code = isWritingEnough ? 'wialon_write_timeout' : 'wialon_answer_timeout'
    const wait = this.#begin(code, this.#settings.answerTimeoutMs, signal)
    socket.write(bytes, error => {
      if (error != null || isWritingEnough) wait.end(error ?? undefined)
    })
    try {
      await wait.done
      return delivered
    } catch (error) {
      this.#giveUp(socket)
      return outcomeOfExchange(error, isWritingEnough ? null : exchange)
    } finally {
      this.#exchange = null
      this.#wait = null
    }
  }

  /** Gives up what is under way, and resolves once every socket is closed. */
  async close(): Promise<void> {
    this.#wait?.end(new FaultError('attempt_aborted'))
    this.#socket = null
    const open = [...this.#sockets]
    await Promise.all(open.map(socket => new Promise(resolve => socket.once('close', resolve).destroy())))
  }

  #begin(code: ErrorCode, timeoutMs: number, signal: AbortSignal): Wait {
    const wait = new Wait({ clock: this.#settings.clock, code, timeoutMs, signal })
    this.#wait = wait
    return wait
  }

  #open(): net.Socket {
    const { host, port } = this.#settings
    const socket = net.connect({ host, port })
    this.#sockets.add(socket)
    this.#socket = socket
    return socket
      .setNoDelay(true)
      .setKeepAlive(true, tcpKeepAliveDelayMs)
      .on('data', chunk => this.#take(socket, chunk))
      .on('error', error => this.#lose(socket, error))
      .on('end', () => this.#lose(socket, hungUp()))
      .on('close', () => {
        this.#sockets.delete(socket)
        this.#lose(socket, hungUp())
      })
  }

  #take(socket: net.Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return
    const exchange = this.#exchange
    const { acknowledgement, onUnasked } = this.#settings
    if (exchange === null) {
      if (acknowledgement.isIdleTalk(chunk)) return
      onUnasked(chunk.length)
      this.#giveUp(socket)
      return
    }
    const problem = acknowledgement.take(chunk, exchange)
    if (problem !== null) this.#wait?.end(problem)
    else if (exchange.answers === exchange.packets) this.#wait?.end()
  }

  /** Whoever waits for the socket gives it up; nobody waits for an idle one. */
  #lose(socket: net.Socket, error: Error): void {
    if (socket !== this.#socket) return
    if (this.#wait === null) this.#giveUp(socket)
    else this.#wait.end(error)
  }

  #giveUp(socket: net.Socket): void {
    this.#socket = null
    socket.destroy()
  }
}

function hungUp(): Error {
  return new Error('the receiver closed the connection')
}
