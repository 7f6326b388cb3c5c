// The connections of one kafkajs client, so that its owner can cut them: kafkajs itself waits for answers before it closes a
// connection, also for those that never come.

import type { Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import { socketFactory } from './socket.ts'

export class OpenSockets {
  /** With the address of the broker of each. */
  readonly #sockets = new Map<Socket, string>()
  readonly #open = socketFactory()
  #isClosed = false

  /** What kafkajs opens its connections with. */
  readonly factory: ISocketFactory = options => {
    const socket = this.#open(options)
    this.#sockets.set(socket, `${options.host}:${options.port}`)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#isClosed) socket.destroy(new Error('the client is closed'))
    return socket
  }

  /** Ends all of them, or those to one broker, with what is under way on them. */
  cut(address?: { readonly host: string; readonly port: number }): void {
    const only = address && `${address.host}:${address.port}`
    for (const [socket, broker] of this.#sockets)
      if (only === undefined || only === broker) socket.destroy(new Error('the connection was given up'))
  }

  /** From now on there are none. */
  close(): void {
    this.#isClosed = true
    this.cut()
  }
}
