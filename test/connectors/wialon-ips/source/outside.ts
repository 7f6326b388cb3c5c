// Devices that speak Wialon IPS for the source suite: a connection for each, a login on it, and then records, those of one
// device that come together as a black box.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { loginPacket } from '../../../../connectors/wialon-ips/codec/login.ts'
import { checkedPacket } from '../../../../connectors/wialon-ips/codec/packet.ts'
import { writeRecord } from '../../../../connectors/wialon-ips/codec/record.ts'
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

const maxTextCharacters = 1_344
/** As many as a small budget has room for. */
const mostTexts = 8
const mostRecords = 100
const mostBoxBytes = 40_000

export class WialonIpsOutside implements Outside {
  readonly #options: OutsideOptions
  readonly #sockets = new Set<Socket>()

  constructor(options: OutsideOptions) {
    this.#options = options
  }

  get connections(): number {
    return this.#sockets.size
  }

  settings({ port, credential }: SourceWish): Record<string, unknown> {
    return { port, password: credential, maxPacketBytes: 200_000 }
  }

  sender(options: SenderOptions): Sender {
    return new Devices(options, this.#options, this.#sockets)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Some devices, of which one sends at a time. */
class Devices implements Sender {
  readonly #to: SenderOptions
  readonly #outside: OutsideOptions
  readonly #sockets: Set<Socket>
  readonly #devices = new Map<string, Device>()
  #takenBefore = 0
  #bad = 0

  constructor(to: SenderOptions, outside: OutsideOptions, sockets: Set<Socket>) {
    this.#to = to
    this.#outside = outside
    this.#sockets = sockets
  }

  get takenBytes(): number {
    return [...this.#devices.values()].reduce((sum, { takenBytes }) => sum + takenBytes, this.#takenBefore)
  }

  async send(messages: readonly Buffer[], how: How = {}): Promise<Result[]> {
    const results: Result[] = []
    let last: Result = 'acknowledged'
    while (results.length < messages.length && last === 'acknowledged') {
      const own = sameDevice(messages.slice(results.length))
      const result = await this.#sendOwn(own, how)
      if (result === 'acknowledged') for (const message of own) this.#outside.acknowledged(message)
      results.push(...own.map(() => result))
      last = result
    }
    if (how.halfClose === true) for (const device of this.#devices.values()) device.end()
    return messages.map((_, at) => results[at] ?? 'again')
  }

  async #sendOwn(own: readonly Buffer[], how: How): Promise<Result> {
    const ident = identOf(own[0])
    const device = this.#device(ident)
    const login = await device.logIn()
    if (login !== 'acknowledged') return login
    const records = own.map(recordOf)
    const [only = ''] = records
    if (records.length === 1) return device.ask(checkedPacket('D', `${only};`), '#AD#1', how)
    return device.ask(checkedPacket('B', `${records.join('|')}|`), `#AB#${records.length}`, how)
  }

  async sendBad(bad: Bad): Promise<Result> {
    const device = this.#device('bad')
    const login = await device.logIn()
    if (login !== 'acknowledged') return login
    const asked = device.ask(this.#badPacket(bad), '#AD#1', {})
    if (bad === 'truncated') device.end()
    return asked
  }

  /** No record twice, since it is accepted where it is kept already. */
  #badPacket(bad: Bad): string {
    this.#bad++
    return bad === 'no message'
      ? checkedPacket('D', `NA;221320;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA;n:1:${this.#bad};`)
      : badPackets[bad]
  }

  cut(): void {
    for (const device of this.#devices.values()) device.cut()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#devices.values()].map(device => device.close()))
  }

  #device(ident: string): Device {
    const known = this.#devices.get(ident)
    if (known?.isOpen) return known
    this.#takenBefore += known?.takenBytes ?? 0
    const socket = connect({ port: this.#to.port(), host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const device = new Device(socket, ident, this.#outside)
    this.#devices.set(ident, device)
    return device
  }
}

/** One connection. */
class Device {
  readonly #socket: Socket
  readonly #ident: string
  readonly #outside: OutsideOptions
  #heard = ''
  #isLoggedIn = false
  #settle: (answer: string | null) => void = () => {}

  constructor(socket: Socket, ident: string, outside: OutsideOptions) {
    this.#socket = socket
    this.#ident = ident
    this.#outside = outside
    socket
      .setEncoding('utf8')
      .on('error', () => {})
      .on('data', (text: string) => this.#hear(text))
      .on('end', () => socket.destroySoon())
      .once('close', () => this.#settle(null))
  }

  get isOpen(): boolean {
    return this.#socket.writable
  }

  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  async logIn(): Promise<Result> {
    if (this.#isLoggedIn) return 'acknowledged'
    const result = await this.ask(loginPacket('2.0', this.#ident, this.#outside.credential), '#AL#1', {})
    this.#isLoggedIn = result === 'acknowledged'
    return result
  }

  async ask(packet: string, yes: string, how: How): Promise<Result> {
    const socket = this.#socket
    if (!socket.writable) return 'lost'
    const answered = new Promise<string | null>(resolve => {
      this.#settle = resolve
    })
    const bytes = Buffer.from(packet)
    const size = how.singleBytes === true ? 1 : bytes.length
    for (let at = 0; at < bytes.length && socket.writable; at += size) {
      socket.write(bytes.subarray(at, at + size))
      if (how.singleBytes === true) await setImmediate()
    }
    if (how.halfClose === true) socket.end()
    const answer = await answered
    if (answer === null) return 'lost'
    return answer === yes ? 'acknowledged' : 'refused'
  }

  end(): void {
    this.#socket.end()
  }

  cut(): void {
    this.#socket.destroy()
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }

  #hear(text: string): void {
    this.#outside.heard(text)
    this.#heard += text
    if (!this.#heard.endsWith('\r\n')) return
    const answer = this.#heard.trimEnd()
    this.#heard = ''
    this.#settle(answer)
  }
}

function identOf(message: Buffer | undefined): string {
  return JSON.parse(String(message)).ident
}

/** The first messages, as far as they are of one device and fit into a black box. */
function sameDevice(messages: readonly Buffer[]): Buffer[] {
  const ident = identOf(messages[0])
  let bytes = 0
  const end = messages.findIndex((message, at) => {
    bytes += message.length
    return at > 0 && (at === mostRecords || bytes > mostBoxBytes || identOf(message) !== ident)
  })
  return messages.slice(0, end === -1 ? messages.length : end)
}

/** A message of the suite; a long note stands in several parameters, as far as they go. */
function recordOf(message: Buffer): string {
  const { ident, timestamp, seq, note } = JSON.parse(message.toString())
  const notes = Array.from(
    { length: Math.min(mostTexts, Math.ceil(note.length / maxTextCharacters)) },
    (_, at) => ({
      name: `note${at}`,
      kind: 'text' as const,
      value: note.slice(at * maxTextCharacters, (at + 1) * maxTextCharacters)
    })
  )
  const record = writeRecord(
    {
      unit: ident,
      timeSeconds: timestamp,
      position: {
        latitude: 52.2297,
        longitude: 21.0122,
        altitudeM: null,
        speedKmh: 48,
        course: null,
        satellites: null
      },
      ...{ inputs: null, outputs: null, driver: null, alarm: false },
      parameters: [{ name: 'seq', kind: 'integer', value: seq }, ...notes]
    },
    { hasFraction: false, hdopName: 'hdop' }
  )
  if (typeof record !== 'string') throw new Error(record.reason)
  return record
}

const short = '141123;221320;5544.6025;N;03739.6834;E;54;326;106;11;'

const badPackets: Readonly<Record<Exclude<Bad, 'no message'>, string>> = {
  garbage: 'GET / HTTP/1.1\r\nhost: test\r\n\r\n',
  truncated: checkedPacket('SD', short).slice(0, -4),
  oversized: checkedPacket('B', `${short.slice(0, -1)}|`.repeat(5_000))
}
