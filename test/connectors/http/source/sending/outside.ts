// Senders of HTTP/1.1 for the source suite, written by hand on sockets: they send byte by byte, break off, close half of
// their connection, and know how many bytes were taken from them.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import tls from 'node:tls'
import type {
  Bad,
  How,
  Outside,
  OutsideOptions,
  Result,
  Sender,
  SenderOptions
} from '../../../../conformance/source.ts'
import { type Answer, AnswerReader } from './answer-reader.ts'
import { badBodies, brokenBody, firstRequest, maxMessageBytes, resultOf, storedOf } from './requests.ts'

export interface HttpOutsideOptions {
  /** How a request is written: an array of JSON, or a request of lines that goes on for as long as there are messages. */
  readonly body: 'json' | 'lines'
  /** The authority of the source's certificate, where it is to be spoken to over TLS. */
  readonly ca?: string
}

const writeBytes = 65_536

export class HttpOutside implements Outside {
  readonly #outside: OutsideOptions
  readonly #options: HttpOutsideOptions
  readonly #sockets = new Set<Socket>()

  constructor(outside: OutsideOptions, options: HttpOutsideOptions) {
    this.#outside = outside
    this.#options = options
  }

  get connections(): number {
    return this.#sockets.size
  }

  settings({ credential }: { credential: string }): Record<string, unknown> {
    return { tokens: [credential], maxMessageBytes }
  }

  sender(options: SenderOptions): Sender {
    return new HttpSender(options, {
      ...this.#outside,
      body: this.#options.body,
      connect: port => this.#connect(port)
    })
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
  }

  #connect(port: number): Socket {
    const { ca } = this.#options
    const to = { port, host: '127.0.0.1' }
    const socket = ca === undefined ? connect(to) : tls.connect({ ...to, ca, ALPNProtocols: ['http/1.1'] })
    socket.setNoDelay(true)
    this.#sockets.add(socket)
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket))
    return socket
  }
}

interface SenderParts extends OutsideOptions {
  readonly body: HttpOutsideOptions['body']
  connect(port: number): Socket
}

class HttpSender implements Sender {
  readonly #to: SenderOptions
  readonly #parts: SenderParts
  #connection: { socket: Socket; answers: AnswerReader } | null = null
  #takenBefore = 0

  constructor(to: SenderOptions, parts: SenderParts) {
    this.#to = to
    this.#parts = parts
  }

  get takenBytes(): number {
    const socket = this.#connection?.socket
    return this.#takenBefore + (socket === undefined ? 0 : socket.bytesWritten - socket.writableLength)
  }

  async send(messages: readonly Buffer[], how: How = {}): Promise<Result[]> {
    const results: Result[] = []
    while (results.length < messages.length && (results.at(-1) ?? 'acknowledged') === 'acknowledged') {
      const left = messages.slice(results.length)
      const part = this.#parts.body === 'lines' ? left : firstRequest(left)
      const answer = await this.#request(requestOf(part, this.#parts, this.#to.channel), how)
      results.push(...this.#results(part, answer))
    }
    return [...results, ...messages.slice(results.length).map((): Result => 'again')]
  }

  async sendBad(bad: Bad): Promise<Result> {
    if (bad === 'garbage') return resultOf(await this.#request('\u0000\u0016 this is not HTTP\r\n\r\n', {}))
    const head = headOf(this.#to.channel, this.#parts.credential, 'application/json')
    if (bad !== 'truncated') {
      const length = `content-length: ${badBodies[bad].length}\r\n\r\n`
      return resultOf(await this.#request(head + length + badBodies[bad], {}))
    }
    await this.#write(`${head}content-length: 1000\r\n\r\n${brokenBody}`, {})
    this.#connection?.socket.end()
    return resultOf((await this.#connection?.answers.next()) ?? null)
  }

  cut(): void {
    const { socket } = this.#connection ?? {}
    this.#forget()
    socket?.destroy()
  }

  async close(): Promise<void> {
    const socket = this.#connection?.socket
    this.#forget()
    if (socket === undefined || socket.closed) return
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
  }

  #results(part: readonly Buffer[], answer: Answer | null): Result[] {
    const stored = storedOf(answer, part.length)
    for (const message of part.slice(0, stored)) this.#parts.acknowledged(message)
    return part.map((_, at) => (at < stored ? 'acknowledged' : resultOf(answer)))
  }

  /** Null when the connection is gone without an answer. */
  async #request(request: string | Buffer, how: How): Promise<Answer | null> {
    const written = this.#write(request, how)
    const answers = this.#connection?.answers
    const answer = (await answers?.next()) ?? null
    await written
    if (answer !== null) this.#parts.heard(answer.text)
    if (answer === null || answer.closes || how.halfClose) this.#forget()
    return answer
  }

  async #write(request: string | Buffer, { singleBytes, halfClose }: How): Promise<void> {
    const bytes = Buffer.from(request)
    const size = singleBytes ? 1 : writeBytes
    const { socket } = this.#connected()
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      const isTaken = new Promise(resolve => socket.write(bytes.subarray(at, at + size), resolve))
      await isTaken
      if (singleBytes) await setImmediate()
    }
    if (halfClose) socket.end()
  }

  #connected(): { socket: Socket; answers: AnswerReader } {
    if (this.#connection?.socket.writable) return this.#connection
    this.#forget()
    const socket = this.#parts.connect(this.#to.port())
    this.#connection = { socket, answers: new AnswerReader(socket) }
    return this.#connection
  }

  #forget(): void {
    this.#takenBefore = this.takenBytes
    this.#connection = null
  }
}

function headOf(channel: string, credential: string, type: string): string {
  const line = `POST /channels/${channel}/messages HTTP/1.1`
  return `${line}\r\nhost: test\r\nauthorization: Bearer ${credential}\r\ncontent-type: ${type}\r\n`
}

function requestOf(messages: readonly Buffer[], { body, credential }: SenderParts, channel: string): Buffer {
  const [type, text] =
    body === 'lines'
      ? ['application/x-ndjson', messages.join('\n')]
      : ['application/json', `[${messages.join(',')}]`]
  const length = `content-length: ${Buffer.byteLength(text)}\r\n\r\n`
  return Buffer.from(headOf(channel, credential, type) + length + text)
}
