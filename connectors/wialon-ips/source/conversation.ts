// What is said to a device: a login, and then records and pings, each answered. A record is answered once Kafka has it and
// not before. When Kafka does not take it there is no answer that would make every device repeat: the connection has to end
// without one.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { maxIdentBytes } from '../../../schemas/message.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import { type LoginAnswer, loginAnswer, recordAnswer } from '../codec/answers.ts'
import { type Login, readLogin } from '../codec/login.ts'
import { checkedBody, type Packet, packetOf, plainPacket, type Separator } from '../codec/packet.ts'
import type { WialonIpsFeed } from './feed.ts'
import type { Records } from './records.ts'

export interface ConversationParts {
  readonly door: Door<WialonIpsFeed>
  readonly records: Records
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

  /** Of the device that has logged in. */
  get ident(): string | null {
    return this.#login?.ident ?? null
  }

  /** Whether the password of its login, if there was one, is right by the settings of now. */
  get isAdmitted(): boolean {
    return this.#login === null || this.#parts.door.feed.admits(this.#login.password)
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
    const { records, refused, answer } = this.#parts
    const record = contentOf(body, ';', login)
    if (record !== null) return answer(recordAnswer(type, await records.storeOne(type, record, login.ident)))
    refused(new FaultError('wialon_ips_crc_wrong', { detail: `of #${type}#` }))
    return answer(recordAnswer(type, 'crc'))
  }

  async #takeBox(body: Buffer, login: Login): Promise<void> {
    const { records, refused, answer } = this.#parts
    const box = contentOf(body, '|', login)
    if (box !== null) return answer(plainPacket('AB', String(await records.storeBox(box, login.ident))))
    refused(new FaultError('wialon_ips_crc_wrong', { detail: 'of #B#' }))
    return answer(plainPacket('AB'))
  }
}

/** Without CRC; null when that is wrong or missing. In 1.x there is none. */
function contentOf(body: Buffer, separator: Separator, { isChecked }: Login): Buffer | null {
  return isChecked ? checkedBody(body, separator) : body
}

function excerptOf(line: Buffer): string {
  return JSON.stringify(line.toString('latin1', 0, 16))
}
