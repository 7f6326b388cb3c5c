// One connection to a receiver, which is of one device from its login to its end. One packet is on its way at a time,
// and an answer names only the type of what it answers, so a connection on which that is in doubt is never used again:
// every failure ends it, and what still comes from it is not listened to.
//
//   opening ──login accepted──> idle <──answer── asked
//      │                         │ └──ask()────────┘│
//      └──────── lost, time-out, signal, odd bytes ─┴──> closed

import net from 'node:net'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { abortFault } from '../../shared/abort.ts'
import { Wait } from '../../shared/wait.ts'
import { loginPacket, type Version } from '../codec/login.ts'
import { checkLogin, faultOf, LoginRefused, unexpected } from '../outcome.ts'

const tcpKeepAliveDelayMs = 60_000
/** More than any answer, or command to a device, has. */
const maxLineCharacters = 4_096

export interface SessionSettings {
  readonly clock: Clock
  readonly host: string
  readonly port: number
  readonly version: Version
  readonly password: string | null
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
  /** What the receiver says, as people may read it. */
  readonly mask: (text: string) => string
  /** An answer came although nothing waited for one. */
  onUnasked(bytes: number): void
}

export class Session {
  readonly ident: string
  /** Resolves when the connection has ended in whatever way. */
  readonly closed: Promise<void>
  readonly #settings: SessionSettings
  readonly #socket: net.Socket
  #state: 'opening' | 'idle' | 'asked' | 'closed' = 'opening'
  /** What came of a line that has not ended yet. */
  #begun = ''
  #wait: Wait | null = null
  #answer: { readonly type: string; body: string } | null = null

  /** Begins to connect. */
  constructor(settings: SessionSettings, ident: string) {
    const { host, port } = settings
    this.ident = ident
    this.#settings = settings
    this.#socket = net.connect({ host, port })
    this.closed = new Promise(resolve => {
      this.#socket.once('close', () => {
        this.#lose(hungUp())
        resolve()
      })
    })
    this.#socket
      .setNoDelay(true)
      .setKeepAlive(true, tcpKeepAliveDelayMs)
      .setEncoding('utf8')
      .on('data', (text: string) => this.#take(text))
      .on('error', error => this.#lose(error))
      .on('end', () => this.#lose(hungUp()))
  }

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** Resolves once the connection stands. Rejects with a FaultError, and has ended, when it does not come about. */
  async connect(signal: AbortSignal): Promise<void> {
    const wait = this.#begin('wialon_ips_connect_timeout', this.#settings.connectTimeoutMs, signal)
    const connected = () => wait.end()
    this.#socket.once('connect', connected)
    try {
      await wait.done
    } catch (error) {
      this.destroy()
      throw faultOf(error, 'wialon_ips_connect_failed')
    } finally {
      this.#socket.off('connect', connected)
      this.#wait = null
    }
  }

  /** Connects and logs in. Rejects with a FaultError or LoginRefused, and has ended, when the device is not let in. */
  async open(signal: AbortSignal): Promise<void> {
    await this.connect(signal)
    const { version, password } = this.#settings
    const packet = loginPacket(version, this.ident, password)
    try {
      const code = 'wialon_ips_login_unanswered'
      checkLogin(await this.#exchange({ packet, answer: 'AL', code }, signal))
    } catch (error) {
      this.destroy()
      throw error instanceof LoginRefused ? error : faultOf(error, 'wialon_ips_login_unanswered')
    }
  }

  /** Sends a packet, while it is idle, and resolves with what its answer says. Rejects, and has ended, when there is none. */
  async ask(packet: string, answer: 'AD' | 'AB', signal: AbortSignal): Promise<string> {
    if (this.#state !== 'idle') throw new FaultError('internal', { detail: `a connection is ${this.#state}` })
    return this.#exchange({ packet, answer, code: 'wialon_ips_answer_timeout' }, signal)
  }

  /** Ends the connection, and what is under way on it. */
  destroy(): void {
    this.#state = 'closed'
    this.#wait?.end(new FaultError('attempt_aborted'))
    this.#socket.destroy()
  }

  async #exchange(
    { packet, answer, code }: { packet: string; answer: string; code: ErrorCode },
    signal: AbortSignal
  ): Promise<string> {
    const wait = this.#begin(code, this.#settings.answerTimeoutMs, signal)
    const expected = { type: answer, body: '' }
    this.#answer = expected
    this.#state = 'asked'
    this.#socket.write(packet)
    try {
      await wait.done
      return expected.body
    } catch (error) {
      this.destroy()
      throw error
    } finally {
      this.#answer = null
      this.#wait = null
    }
  }

  #begin(code: ErrorCode, timeoutMs: number, signal: AbortSignal): Wait {
    if (this.#state === 'closed') throw hungUp()
    if (signal.aborted) throw abortFault(signal)
    this.#wait = new Wait({ clock: this.#settings.clock, code, timeoutMs, signal })
    return this.#wait
  }

  #take(text: string): void {
    const [...lines] = (this.#begun + text).split('\n')
    this.#begun = lines.pop() ?? ''
    for (const line of lines) if (this.#state !== 'closed') this.#read(line.replace(/\r$/, ''))
    if (this.#begun.length > maxLineCharacters) this.#lose(this.#unexpected(this.#begun))
  }

  #read(line: string): void {
    const [, type, body = ''] = /^#([A-Z]+)#(.*)$/s.exec(line) ?? []
    if (type === undefined) this.#lose(this.#unexpected(line))
    // A receiver may send messages and commands to the device, which is not here.
    else if (!type.startsWith('A')) return
    else if (this.#answer === null) this.#refuseUnasked(line)
    else if (type !== this.#answer.type) this.#lose(this.#unexpected(line))
    else {
      this.#answer.body = body
      this.#answer = null
      this.#state = 'idle'
      this.#wait?.end()
    }
  }

  #refuseUnasked(line: string): void {
    this.#settings.onUnasked(line.length)
    this.destroy()
  }

  #unexpected(said: string): FaultError {
    return unexpected(this.#settings.mask(said))
  }

  /** Whoever waits for the connection hears why it ended. */
  #lose(error: Error): void {
    this.#wait?.end(error)
    this.destroy()
  }
}

function hungUp(): Error {
  return new Error('the receiver closed the connection')
}
