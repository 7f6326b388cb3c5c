// Senders that ask with `Expect: 100-continue` whether to send their body at all (RFC 9110, 10.1.1) are told so when it
// is about to be read: not before it is known who they are and that there is room, as Node would do by itself.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'

export class Continuations {
  readonly #asking = new WeakMap<object, ServerResponse>()

  /** Requests that ask are handled as all others. */
  watch(server: Server): void {
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.#asking.set(request, response)
      server.emit('request', request, response)
    })
    // Other expectations may be ignored, and Node would answer them without saying why.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  }

  /** Whether its sender still waits with the body. */
  isAsking(request: object): boolean {
    return this.#asking.has(request)
  }

  /** Lets its sender send the body. */
  allow(request: object): void {
    const response = this.#asking.get(request)
    if (response === undefined) return
    response.writeContinue()
    this.#asking.delete(request)
  }
}
