// What is said to a device: a login, and then records and pings, each answered. A record is answered once Kafka has its
// message and not before; one that can be no message is answered with the number of what is wrong with it, so that the device
// does not send it for ever. When Kafka does not take it there is no answer that would make a device repeat: the
// connection has to end without one.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { maxIdentBytes } from '../../../schemas/message.ts'
import type { Incoming, SourceEnv } from '../../connector.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import { type LoginAnswer, loginAnswer, type RecordAnswer, recordAnswer } from '../codec/answers.ts'
import { type Login, readLogin } from '../codec/login.ts'
import { checkedBody, type Packet, packetOf, plainPacket, type Separator } from '../codec/packet.ts'
import { formOf } from '../codec/record.ts'
import type { WialonIpsFeed } from './feed.ts'
import { incomingOf } from './incoming.ts'

export interface ConversationParts {
  readonly env: SourceEnv
  readonly door: Door<WialonIpsFeed>
  /** Counts and tells what is refused. */
  refused(fault: FaultError): void
  answer(text: string): Promise<void>
}

export class Conversation {
  readonly #parts: ConversationParts
  #login: Login | null = null

  constructor(parts: ConversationParts) {
    this.#parts = parts
  }

  get isLoggedIn(): boolean {
    return this.#login !== null
  }

  /** Resolves with false when the connection is to end, all said. Rejects with a FaultError when it is to end unanswered. */
  async hear(line: Buffer): Promise<boolean> {
    if (line.length === 0) return true
    const packet = packetOf(line)
    if (packet === null)
      throw new FaultError('wialon_ips_packet_malformed', { detail: `it begins with ${excerptOf(line)}` })
    if (packet.type === 'L') return this.#logIn(packet.body)
    const login = this.#login
    if (login === null) throw new FaultError('wialon_ips_login_missing', { detail: `#${packet.type}#` })
    await this.#take(packet, login)
    return true
  }

  async #logIn(body: Buffer): Promise<boolean> {
    const answer = this.#judge(readLogin(body))
    await this.#parts.answer(loginAnswer(answer))
    return answer === 'accepted'
  }

  #judge(login: Login | 'structure' | 'crc'): LoginAnswer {
    const refuse = (answer: LoginAnswer, code: ErrorCode, detail: string) => {
      this.#parts.refused(new FaultError(code, { detail }))
      return answer
    }
    if (login === 'crc') return refuse('crc', 'wialon_ips_crc_wrong', 'of a login')
    if (login === 'structure') return refuse('refused', 'wialon_ips_login_invalid', 'it names no device')
    const { ident, password } = login
    if (Buffer.byteLength(ident) > maxIdentBytes)
      return refuse('refused', 'wialon_ips_login_invalid', `an ident of more than ${maxIdentBytes} bytes`)
    if (!this.#parts.door.feed.admits(password))
      return refuse('wrong password', 'wialon_ips_login_refused', ident)
    // The messages of a second device would be taken for those of the first.
    if (this.#login !== null && this.#login.ident !== ident)
      return refuse('refused', 'wialon_ips_login_invalid', 'a second device on one connection')
    this.#login = login
    return 'accepted'
  }

  async #take({ type, body }: Packet, login: Login): Promise<void> {
    if (type === 'SD' || type === 'D') await this.#takeRecord(type, body, login)
    else if (type === 'B') await this.#takeBox(body, login)
    else if (type === 'P') await this.#parts.answer(plainPacket('AP'))
    else this.#parts.refused(new FaultError('wialon_ips_packet_unknown', { detail: `#${type}#` }))
  }

  async #takeRecord(type: 'SD' | 'D', body: Buffer, login: Login): Promise<void> {
    const answer = (what: RecordAnswer) => this.#parts.answer(recordAnswer(type, what))
    const text = textOf(body, ';', login)
    if (text === null) {
      this.#parts.refused(new FaultError('wialon_ips_crc_wrong', { detail: `of #${type}#` }))
      return answer('crc')
    }
    const incoming = this.#incomingOf(text, type === 'SD' ? 'short' : 'extended', login)
    if (typeof incoming === 'string') {
      this.#parts.refused(
        new FaultError('wialon_ips_record_invalid', { detail: `${login.ident}: ${incoming}` })
      )
      return answer(incoming)
    }
    await this.#append([incoming])
    return answer('accepted')
  }

  /** Those that can be messages are taken; the answer is how many. */
  async #takeBox(body: Buffer, login: Login): Promise<void> {
    const text = textOf(body, '|', login)
    if (text === null) {
      this.#parts.refused(new FaultError('wialon_ips_crc_wrong', { detail: 'of #B#' }))
      return this.#parts.answer(plainPacket('AB'))
    }
    const records = text === '' ? [] : text.split('|')
    const read = records.map(record => this.#incomingOf(record, formOf(record), login))
    const messages = read.filter(one => typeof one !== 'string')
    if (messages.length > 0) await this.#append(messages)
    const problem = read.find(one => typeof one === 'string')
    if (problem !== undefined) {
      const detail = `${login.ident}: ${read.length - messages.length} of ${read.length} records, the first by its ${problem}`
      this.#parts.refused(new FaultError('wialon_ips_record_invalid', { detail }))
    }
    return this.#parts.answer(plainPacket('AB', String(messages.length)))
  }

  #incomingOf(text: string, form: 'short' | 'extended', { ident }: Login) {
    const { env, door } = this.#parts
    return incomingOf(text, form, { ident, receivedAtMs: env.clock.now(), feed: door.feed })
  }

  async #append(messages: readonly Incoming[]): Promise<void> {
    const { env, door } = this.#parts
    const { channel, append } = door.feed
    await append(messages) // Invariant 6: nothing is answered before this resolved
    const bytes = messages.reduce((sum, { value }) => sum + value.length, 0)
    env.meter.accepted(channel, messages.length, bytes)
  }
}

/** Without CRC, and without a separator at the end; null when the CRC is wrong or missing. In 1.x there is none. */
function textOf(body: Buffer, separator: Separator, { isChecked }: Login): string | null {
  if (isChecked) return checkedBody(body, separator)?.toString() ?? null
  const text = body.toString()
  return separator === '|' && text.endsWith('|') ? text.slice(0, -1) : text
}

function excerptOf(line: Buffer): string {
  return JSON.stringify(line.toString('latin1', 0, 16))
}
