// Senders of HTTP/2 for the source suite: Node's client, and a connection by hand for what a client would not do.

import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { buffer, text } from 'node:stream/consumers'
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
import {
  type Answered,
  badBodies,
  brokenBody,
  firstRequest,
  maxMessageBytes,
  resultOf,
  storedOf
} from './requests.ts'

const writeBytes = 65_536
/** Type of the frame that says why a connection ends (RFC 9113, 6.8). */
const goAway = 7

export class Http2Outside implements Outside {
  readonly #options: OutsideOptions
  readonly #ca: string
  readonly #sessions = new Set<ClientHttp2Session>()

  constructor(options: OutsideOptions, ca: string) {
    this.#options = options
    this.#ca = ca
  }

  get connections(): number {
    return this.#sessions.size
  }

  settings({ credential }: { credential: string }): Record<string, unknown> {
    return { tokens: [credential], maxMessageBytes }
  }

  sender(options: SenderOptions): Sender {
    const parts = { ...this.#options, ca: this.#ca, connect: (port: number) => this.#connect(port) }
    return new Http2Sender(options, parts)
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy()
  }

  #connect(port: number): ClientHttp2Session {
    const session = connect(`https://127.0.0.1:${port}`, { ca: this.#ca })
    this.#sessions.add(session)
    session.on('error', () => {}).once('close', () => this.#sessions.delete(session))
    return session
  }
}

interface SenderParts extends OutsideOptions {
  readonly ca: string
  connect(port: number): ClientHttp2Session
}

class Http2Sender implements Sender {
  readonly #to: SenderOptions
  readonly #parts: SenderParts
  #session: ClientHttp2Session | null = null
  takenBytes = 0

  constructor(to: SenderOptions, parts: SenderParts) {
    this.#to = to
    this.#parts = parts
  }

  async send(messages: readonly Buffer[], how: How = {}): Promise<Result[]> {
    const results: Result[] = []
    while (results.length < messages.length && (results.at(-1) ?? 'acknowledged') === 'acknowledged') {
      const part = firstRequest(messages.slice(results.length))
      const answer = await this.#request(`[${part.join(',')}]`, how)
      const stored = storedOf(answer, part.length)
      for (const message of part.slice(0, stored)) this.#parts.acknowledged(message)
      results.push(...part.map((_, at) => (at < stored ? 'acknowledged' : resultOf(answer))))
    }
    return [...results, ...messages.slice(results.length).map((): Result => 'again')]
  }

  async sendBad(bad: Bad): Promise<Result> {
    if (bad === 'garbage') return this.#sendGarbage()
    if (bad !== 'truncated') return resultOf(await this.#request(badBodies[bad], {}))
    const stream = this.#open()
    const answer = answerOf(stream)
    if (stream.pending) await once(stream, 'ready')
    await new Promise(resolve => stream.write(brokenBody, resolve))
    stream.close(constants.NGHTTP2_CANCEL)
    return resultOf(await answer)
  }

  cut(): void {
    this.#session?.destroy()
  }

  async close(): Promise<void> {
    const session = this.#session
    if (session === null || session.destroyed) return
    const closed = once(session, 'close')
    session.destroy()
    await closed
  }

  async #request(body: string, { singleBytes }: How): Promise<Answered | null> {
    const stream = this.#open()
    const answered = answerOf(stream)
    const bytes = Buffer.from(body)
    const size = singleBytes ? 1 : writeBytes
    for (let at = 0; at < bytes.length && !stream.destroyed; at += size) {
      const part = bytes.subarray(at, at + size)
      const error = await new Promise(resolve => stream.write(part, resolve))
      if (!(error instanceof Error)) this.takenBytes += part.length
      if (singleBytes) await setImmediate()
    }
    stream.end()
    const answer = await answered
    if (answer !== null) this.#parts.heard(answer.text)
    return answer
  }

  #open(): ClientHttp2Stream {
    if (this.#session === null || this.#session.closed || this.#session.destroyed)
      this.#session = this.#parts.connect(this.#to.port())
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': `/channels/${this.#to.channel}/messages`,
      authorization: `Bearer ${this.#parts.credential}`,
      'content-type': 'application/json'
    })
    return stream.on('error', () => {})
  }

  /** Refused is what the source says goodbye to; lost, what it only hangs up on. */
  async #sendGarbage(): Promise<Result> {
    const { ca } = this.#parts
    const socket = tls.connect({ port: this.#to.port(), host: '127.0.0.1', ca, ALPNProtocols: ['h2'] })
    const said = buffer(socket)
    socket.write('this is not a preface of HTTP/2, however long one waits\r\n\r\n')
    return frameTypes(await said).includes(goAway) ? 'refused' : 'lost'
  }
}

/** Null when the stream ends without. */
async function answerOf(stream: ClientHttp2Stream): Promise<Answered | null> {
  let status = 0
  stream.once('response', headers => {
    status = Number(headers[':status'])
  })
  try {
    const body = await text(stream)
    return status === 0 ? null : { status, text: body }
  } catch {
    return null
  }
}

function frameTypes(bytes: Buffer): number[] {
  const types: number[] = []
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3))
    types.push(bytes.readUInt8(at + 3))
  return types
}
