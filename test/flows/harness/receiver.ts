// The receiver at the end of a flow: an HTTP server in the harness' own process that writes every message into a
// ledger before it answers. It can be taken down as if its machine had died, brought back on the same port, and made
// to hang.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { identify } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import { until } from './until.ts'

/** Names the Tailrace process that made a request. */
export const instanceHeader = 'x-instance'

/** How long an answer takes at most, so that several batches are in flight at any moment. */
const latencyMs = 20

export class Receiver {
  /** While set, requests are taken and dropped without an answer. */
  hangs = false
  readonly ledger: Ledger
  readonly #port: number
  readonly #sockets = new Map<Socket, string>()
  #server: Server | undefined

  private constructor(ledger: Ledger, port: number) {
    this.ledger = ledger
    this.#port = port
  }

  static async open(ledger: Ledger): Promise<Receiver> {
    const [port = 0] = await freePorts(1)
    const receiver = new Receiver(ledger, port)
    await receiver.bringUp()
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/telemetry`
  }

  async bringUp(): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response))
    server.on('connection', socket => {
      this.#sockets.set(socket, '')
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#server = server
  }

  /** Closes the listener and every connection at once, requests in progress included. */
  async takeDown(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Resolves once nothing that a dead instance sent can arrive any more. */
  async untilGone(instance: string): Promise<void> {
    // A connection that has made no request yet may be anybody's.
    const isGone = () => ![...this.#sockets.values()].some(name => name === instance || name === '')
    await until(`the connections of ${instance} are closed`, isGone)
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#sockets.set(request.socket, String(request.headers[instanceHeader] ?? ''))
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return // Broken off by the sender: never a whole request.
    }
    if (this.hangs) return
    for (const message of JSON.parse(Buffer.concat(chunks).toString())) {
      const { device, seq } = identify(message)
      this.ledger.record(device, seq)
    }
    setTimeout(() => response.writeHead(200).end(), Math.random() * latencyMs)
  }
}
