// Reads the answers on a connection of HTTP/1.1, one after the other, as a sender that is written by hand needs them.

import type { Socket } from 'node:net'
import type { Answered } from './requests.ts'

export interface Answer extends Answered {
  /** Whether the connection closes with it. */
  readonly closes: boolean
}

export class AnswerReader {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #waiting: ((answer: Answer | null) => void) | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#look()
    })
    socket.once('close', () => this.#look())
  }

  /** The next one; null when the connection closes without. One at a time. */
  next(): Promise<Answer | null> {
    return new Promise(resolve => {
      this.#waiting = resolve
      this.#look()
    })
  }

  #look(): void {
    if (this.#waiting === null) return
    const answer = this.#take()
    if (answer === null && !this.#socket.closed) return
    this.#waiting(answer)
    this.#waiting = null
  }

  #take(): Answer | null {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end === -1) return null
    const head = this.#bytes.toString('latin1', 0, end)
    const bodyEnd = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    if (this.#bytes.length < bodyEnd) return null
    const text = this.#bytes.toString('utf8', end + 4, bodyEnd)
    this.#bytes = this.#bytes.subarray(bodyEnd)
    return {
      status: Number(head.slice(9, 12)),
      text,
      closes: /^connection: *close/im.test(head)
    }
  }
}
