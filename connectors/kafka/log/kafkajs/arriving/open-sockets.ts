// The connections of one kafkajs client, so that its owner can cut them: kafkajs itself waits for answers before it closes a
// connection, also for those that never come.

import type { Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import { socketFactory } from './socket.ts'

export class OpenSockets {
  readonly #sockets = new Set<Socket>()
  readonly #open = socketFactory()
  #isClosed = false

  /** What kafkajs opens its connections with. */
  readonly factory: ISocketFactory = options => {
    const socket = this.#open(options)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#isClosed) socket.destroy(new Error('the client is closed'))
    return socket
  }

  /** Ends all of them, with what is under way on them. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy(new Error('the connection was given up'))
  }

  /** From now on there are none. */
  close(): void {
    this.#isClosed = true
    this.cut()
  }
}
