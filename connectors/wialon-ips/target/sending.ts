// Sends the records of one device over its connection: one as `#D#`, several as a black box, `#B#`. A black box is answered
// with a number, so when some of it were not taken nobody knows which; what is sent of that device next goes one by one,
// each with an answer of its own.

import { FaultError } from '../../../schemas/errors.ts'
import { maxIdentBytes } from '../../../schemas/message.ts'
import type { Failure, Outcome } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import { checkedPacket, plainPacket, type Separator } from '../codec/packet.ts'
import { outcomeOfBox, outcomeOfExchange, outcomeOfRecord, unsent } from '../outcome.ts'
import type { Session } from './session.ts'

/** More than have a black box refused at the same time; of more, some are sent in vain once more. */
const remembered = 10_000

export class Sending {
  readonly #isChecked: boolean
  /** Devices whose last black box was not taken as a whole. */
  readonly #singly = new Set<string>()

  /** Whether packets have a CRC. */
  constructor(isChecked: boolean) {
    this.#isChecked = isChecked
  }

  /** One outcome for each record, in order. Never rejects. */
  async send(session: Session, records: readonly string[], signal: AbortSignal): Promise<Outcome[]> {
    const [only] = records
    if (records.length === 1 && only !== undefined) return [await this.#one(session, only, signal)]
    if (this.#singly.has(session.ident)) return this.#each(session, records, signal)
    const outcome = await this.#box(session, records, signal)
    if (outcome.kind === 'unknown' && outcome.code === 'wialon_ips_partly_taken')
      this.#remember(session.ident)
    return records.map(() => outcome)
  }

  /** Stops at the first that may still have to be sent. */
  async #each(session: Session, records: readonly string[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const record of records) {
      const outcome = await this.#one(session, record, signal)
      outcomes.push(outcome)
      if (outcome.kind === 'delivered' || outcome.kind === 'reject') continue
      const behind: Failure = { kind: 'unsent', code: outcome.code, detail: outcome.detail }
      return records.map((_, at) => outcomes[at] ?? behind)
    }
    this.#singly.delete(session.ident)
    return outcomes
  }

  async #one(session: Session, record: string, signal: AbortSignal): Promise<Outcome> {
    const said = await this.#ask(session, this.#packet('D', `${record};`), signal)
    return typeof said === 'string' ? outcomeOfRecord(said) : said
  }

  async #box(session: Session, records: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const said = await this.#ask(session, this.#packet('B', `${records.join('|')}|`), signal)
    return typeof said === 'string' ? outcomeOfBox(said, records.length) : said
  }

  async #ask(session: Session, packet: string, signal: AbortSignal): Promise<string | Failure> {
    if (signal.aborted) return unsent(abortFault(signal))
    if (!session.isIdle) return unsent(new FaultError('wialon_ips_connection_lost'))
    try {
      return await session.ask(packet, packet.startsWith('#B#') ? 'AB' : 'AD', signal)
    } catch (error) {
      return outcomeOfExchange(error)
    }
  }

  /** In 1.1 there is no separator at the end, as there is no CRC behind it. */
  #packet(type: string, body: `${string}${Separator}`): string {
    return this.#isChecked ? checkedPacket(type, body) : plainPacket(type, body.slice(0, -1))
  }

  #remember(ident: string): void {
    if (ident.length > maxIdentBytes) return // no source lets one in
    const [oldest] = this.#singly
    if (this.#singly.size >= remembered && oldest !== undefined) this.#singly.delete(oldest)
    this.#singly.add(ident)
  }
}
