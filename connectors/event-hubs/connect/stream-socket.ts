// The stream that AMQP is spoken over, dressed as the WebSocket that the SDK lets one bring along. So the socket is ours: its
// authority and its name, its end that is noticed at once, and its closing that leaves nothing open. Real WebSockets come this way, too.

import type { Duplex } from 'node:stream'

/** What is brought along as the options of the WebSocket. */
export interface StreamOptions {
  /** Called once for each connection that the SDK wants. */
  readonly open: () => Duplex
  /** Called with whatever comes in; what is passed on, the SDK gets. */
  readonly receive: (chunk: Buffer, pass: (data: Buffer) => void) => void
  /** Called when the SDK wants no more of the connection, as when it has heard nothing for too long. */
  readonly ended: () => void
}

/** Has what the SDK uses of a WebSocket. Without a `binaryType` it hands over buffers as they are. */
export class StreamSocket {
  readonly url: string
  onopen: () => void = () => {}
  onmessage: (event: { readonly data: Buffer }) => void = () => {}
  onclose: (error?: Error) => void = () => {}
  onerror: (error: Error) => void = () => {}
  readonly #stream: Duplex
  readonly #ended: () => void

  constructor(url: string, _protocols: unknown, { open, receive, ended }: StreamOptions) {
    this.url = url
    this.#stream = open()
    this.#ended = ended
    let error: Error | undefined
    this.#stream
      .on('data', (chunk: Buffer) => receive(chunk, data => this.onmessage({ data })))
      .on('error', (told: Error) => {
        error = told
      })
      .once('close', () => this.onclose(error))
    // What is written waits until the stream is open.
    process.nextTick(() => this.onopen())
  }

  send(data: Uint8Array): void {
    if (this.#stream.writable) this.#stream.write(data)
  }

  /** What the other side says to that may never come. */
  close(): void {
    this.#stream.end()
    this.#ended()
  }
}
