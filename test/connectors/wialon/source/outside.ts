// Senders of Wialon Retranslator for the source suite: packets one after the other, and a byte back for each.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import type {
  Bad,
  How,
  Outside,
  OutsideOptions,
  Result,
  Sender,
  SenderOptions,
  SourceWish
} from '../../../conformance/source.ts'
import { packed } from '../packet/packets.ts'

export class WialonOutside implements Outside {
  readonly #options: OutsideOptions
  readonly #sockets = new Set<Socket>()

  constructor(options: OutsideOptions) {
    this.#options = options
  }

  get connections(): number {
    return this.#sockets.size
  }

  settings({ port }: SourceWish): Record<string, unknown> {
    return { port }
  }

  sender(options: SenderOptions): Sender {
    return new PacketSender(options, this.#options, port => this.#connect(port))
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
  }

  #connect(port: number): Socket {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.#sockets.add(socket)
    return socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket))
  }
}

/** Messages on their way over one connection. */
interface Sending {
  readonly messages: readonly Buffer[]
  answers: number
  settle(): void
}

class PacketSender implements Sender {
  readonly #to: SenderOptions
  readonly #outside: OutsideOptions
  readonly #connect: (port: number) => Socket
  #socket: Socket | null = null
  #sending: Sending | null = null
  #takenBefore = 0

  constructor(to: SenderOptions, outside: OutsideOptions, open: (port: number) => Socket) {
    this.#to = to
    this.#outside = outside
    this.#connect = open
  }

  get takenBytes(): number {
    const socket = this.#socket
    return this.#takenBefore + (socket === null ? 0 : socket.bytesWritten - socket.writableLength)
  }

  async send(messages: readonly Buffer[], how: How = {}): Promise<Result[]> {
    const socket = this.#connected()
    const sending: Sending = { messages, answers: 0, settle: () => {} }
    const answered = new Promise<void>(resolve => {
      sending.settle = resolve
    })
    this.#sending = sending
    const writing = this.#write(socket, messages, how)
    await answered
    this.#sending = null
    await writing
    return messages.map((_, at) => (at < sending.answers ? 'acknowledged' : 'lost'))
  }

  async sendBad(bad: Bad): Promise<Result> {
    const socket = this.#connected()
    const ended = Promise.race([once(socket, 'close'), once(socket, 'data')])
    socket.write(badBytes[bad])
    if (bad === 'truncated') socket.end()
    const [answer] = await ended
    return Buffer.isBuffer(answer) ? 'acknowledged' : 'lost'
  }

  cut(): void {
    this.#socket?.destroy()
    this.#forget()
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#forget()
    if (socket === null || socket.closed) return
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
  }

  async #write(socket: Socket, messages: readonly Buffer[], how: How): Promise<void> {
    const size = how.singleBytes === true ? 1 : Number.POSITIVE_INFINITY
    for (const message of messages) {
      const bytes = encodePacket(packed(message.toString()))
      for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
        await new Promise(resolve => socket.write(bytes.subarray(at, at + size), resolve))
        if (how.singleBytes === true) await setImmediate()
      }
    }
    if (how.halfClose === true) socket.end()
  }

  #connected(): Socket {
    if (this.#socket?.writable) return this.#socket
    this.#forget()
    const socket = this.#connect(this.#to.port())
    this.#socket = socket
    socket.on('data', answers => this.#hear(socket, answers))
    socket.on('end', () => socket.destroySoon())
    socket.on('close', () => {
      if (socket === this.#socket) this.#sending?.settle()
    })
    return socket
  }

  #hear(socket: Socket, answers: Buffer): void {
    const sending = this.#sending
    if (socket !== this.#socket || sending === null) return
    this.#outside.heard(answers.toString('latin1'))
    for (const answer of answers) {
      const message = sending.messages[sending.answers]
      if (answer !== 0x11 || message === undefined) throw new Error(`not an answer: ${answer}`)
      this.#outside.acknowledged(message)
      sending.answers++
    }
    if (sending.answers === sending.messages.length) sending.settle()
  }

  #forget(): void {
    this.#takenBefore = this.takenBytes
    this.#socket = null
    this.#sending?.settle()
  }
}

const good = encodePacket({ unit: 'a', timeSeconds: 1, flags: 0, blocks: [] })

const badBytes: Readonly<Record<Bad, Buffer>> = {
  'no message': encodePacket({ unit: '', timeSeconds: 1, flags: 0, blocks: [] }),
  garbage: Buffer.from('GET / HTTP/1.1\r\nhost: test\r\n\r\n'),
  truncated: good.subarray(0, -1),
  oversized: encodePacket({
    unit: 'a',
    timeSeconds: 1,
    flags: 0,
    blocks: [{ kind: 'text', name: 'note', hidden: false, value: 'x'.repeat(200_000) }]
  })
}
