// The receiver at the end of a flow: an HTTP server in the harness' own process that writes every message into a
// ledger before it answers. It can be taken down as if its machine had died, brought back on the same port, and told
// how to treat each request. Arrivals that it leaves without a clear answer, or whose answer is not heard, it notes as
// doubts. Every request is written into a log, to look into when a verdict is bad.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Clock, systemClock } from '../../../connectors/clock.ts'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { type FleetMessage, identify, textOf } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import { type Outcome, RequestLog } from './requests/request-log.ts'
import { until } from './until.ts'

/** Names the Tailrace process that made a request. */
export const instanceHeader = 'x-instance'

/** How long an answer takes at most, so that several batches are in flight at any moment. */
const latencyMs = 20

/** The pace of a body that comes byte by byte, and how many bytes one that ends has. */
const trickleEveryMs = 100
const dribbleBytes = 8

/** Messages by their names. */
export type Named = Pick<FleetMessage, 'device' | 'seq'>

/** A request that was recorded. */
interface Taken {
  /** As the log counts. */
  readonly request: number
  readonly messages: readonly Named[]
}

/** What becomes of a request: */
export type Conduct =
  /** recorded and answered; slowly, the second. */
  | 'accept'
  | 'dribble'
  /** recorded, and then: no answer, a reset, half an answer, an answer without end. */
  | 'hang'
  | 'reset'
  | 'half'
  | 'trickle'
  /** neither recorded nor answered. */
  | 'ignore'
  /** refused with a status. */
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }

export interface ReceiverOptions {
  readonly ledger: Ledger
  /** Is made. */
  readonly logFile: string
  /** Tells when to answer. The default reads what has come before, so a sender that hung up is noticed first. */
  readonly clock?: Clock
}

export class Receiver {
  conduct: (messages: readonly Named[]) => Conduct = () => 'accept'
  readonly ledger: Ledger
  readonly #port: number
  readonly #clock: Clock
  readonly #log: RequestLog
  readonly #sockets = new Map<Socket, string>()
  /** Recorded requests whose answer is still to come. */
  readonly #owed = new Map<ServerResponse, Taken>()
  /** What was answered last on a connection: until its next request nobody knows whether the answer was read. */
  readonly #answered = new Map<Socket, Taken>()
  /** Instances that hear no answer any more. */
  readonly #dying = new Set<string>()
  #server: Server | undefined

  private constructor(options: ReceiverOptions, port: number) {
    this.ledger = options.ledger
    this.#clock = options.clock ?? systemClock
    this.#log = new RequestLog(options.logFile)
    this.#port = port
  }

  /** Up at once. */
  static async open(options: ReceiverOptions): Promise<Receiver> {
    const [port = 0] = await freePorts(1)
    const receiver = new Receiver(options, port)
    await receiver.bringUp()
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/telemetry`
  }

  async bringUp(): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response))
    server.on('connection', socket => this.#watch(socket))
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#server = server
  }

  /** Closes the listener and every connection at once, requests in progress included. */
  async takeDown(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    for (const taken of this.#owed.values()) this.#miss(taken, 'cut off')
    this.#owed.clear()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Down for good. */
  async close(): Promise<void> {
    await this.takeDown()
    await this.#log.close()
  }

  /** Writes a line into the log: when, and what. */
  note(what: string): void {
    this.#log.note(what)
  }

  /** By the names of messages, as `device/number`: what the log says of the requests they were in. */
  find(names: readonly string[]): Promise<Map<string, string[]>> {
    return this.#log.find(names)
  }

  /** The instance is about to be killed: its connections break, which says nothing about the answers. */
  noteDying(instance: string): void {
    this.#dying.add(instance)
  }

  /** Resolves once nothing that a dead instance sent can arrive any more. */
  async untilGone(instance: string): Promise<void> {
    // A connection that has made no request yet may be anybody's.
    const isGone = () => ![...this.#sockets.values()].some(name => name === instance || name === '')
    await until(`the connections of ${instance} are closed`, isGone)
  }

  #watch(socket: Socket): void {
    this.#sockets.set(socket, '')
    // Ahead of the server's own listener, which lets nothing be written any more.
    socket.prependListener('end', () => this.#probe(socket))
    socket.once('close', hadError => {
      if (hadError) this.#unread(socket)
      this.#answered.delete(socket)
      this.#sockets.delete(socket)
    })
  }

  /**
   * The sender has closed. Had it done so before the answer was written, its machine has refused the answer by now, and
   * that shows as an error of the next write, which is none to a sender that has read everything.
   */
  #probe(socket: Socket): void {
    if (this.#answered.has(socket)) socket.write('\n')
  }

  /** The connection was reset: TCP does that to what is closed with bytes unread, and to what is written to it later. */
  #unread(socket: Socket): void {
    const taken = this.#answered.get(socket)
    if (taken !== undefined) this.#missBy(this.#sockets.get(socket) ?? '', taken, 'unread')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answered.delete(request.socket)
    this.#sockets.set(request.socket, String(request.headers[instanceHeader] ?? ''))
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return // Broken off by the sender: never a whole request.
    }
    if (this.#server === undefined) return // Taken down meanwhile.
    const texts =
      Buffer.concat(chunks)
        .toString('latin1')
        .match(/\{[^}]*\}/g) ?? []
    const messages = texts.map(text => identify(JSON.parse(text)))
    const conduct = this.conduct(messages)
    const taken = { request: this.#noteRequest(request, conduct, messages), messages }
    if (conduct === 'ignore') return
    if (typeof conduct === 'object') {
      response.writeHead(conduct.status, conduct.headers).end()
      return
    }
    for (const [at, { device, seq }] of messages.entries()) {
      if (texts[at] === textOf(device, seq)) this.ledger.record(device, seq)
      else this.ledger.altered++
    }
    this.#answer(conduct, response, taken)
  }

  /** The answer is written, or the connection is closed before its end: then the sender has lost patience. */
  #closed(response: ServerResponse): void {
    const { headers, socket } = response.req
    const taken = this.#owed.get(response)
    this.#owed.delete(response)
    if (taken === undefined) return
    // What is written after the sender's end goes nowhere, though it counts as written.
    if (!response.writableFinished || socket.readableEnded) {
      this.#missBy(String(headers[instanceHeader]), taken, 'unheard')
      return
    }
    this.#log.outcome(taken.request, 'answered')
    this.#answered.set(socket, taken)
  }

  #noteRequest(request: IncomingMessage, conduct: Conduct, messages: readonly Named[]): number {
    const what = typeof conduct === 'object' ? conduct.status : conduct
    const names = messages.map(({ device, seq }) => `${device}/${seq}`)
    return this.#log.request(String(request.headers[instanceHeader]), String(what), names)
  }

  #answer(conduct: Conduct, response: ServerResponse, taken: Taken): void {
    if (conduct === 'accept' || conduct === 'dribble') {
      this.#owed.set(response, taken)
      response.once('close', () => this.#closed(response))
      if (response.req.socket.destroyed) this.#closed(response) // that event is over
      if (conduct === 'dribble') trickle(response, dribbleBytes)
      else this.#clock.after(Math.random() * latencyMs, () => response.writeHead(200).end())
      return
    }
    this.#doubt(taken)
    if (conduct === 'reset') response.socket?.resetAndDestroy()
    if (conduct === 'half') response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"acc')
    if (conduct === 'trickle') trickle(response, Number.POSITIVE_INFINITY)
  }

  /** An answer that did not reach `instance`, which says nothing if it is being killed. */
  #missBy(instance: string, taken: Taken, outcome: Outcome): void {
    if (this.#dying.has(instance)) this.#log.outcome(taken.request, 'sender killed')
    else this.#miss(taken, outcome)
  }

  #miss(taken: Taken, outcome: Outcome): void {
    this.#log.outcome(taken.request, outcome)
    this.#doubt(taken)
  }

  #doubt({ messages }: Taken): void {
    for (const { device, seq } of messages) this.ledger.doubt(device, seq)
  }
}

/** A good head, and then a byte now and then. */
function trickle(response: ServerResponse, bytes: number): void {
  response.writeHead(200).flushHeaders()
  let left = bytes
  const timer = setInterval(() => {
    left--
    response.write('.')
    if (left <= 0) response.end()
  }, trickleEveryMs)
  response.once('finish', () => clearInterval(timer))
  response.once('close', () => clearInterval(timer))
}
