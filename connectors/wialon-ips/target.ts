// The Wialon IPS target: each device is a destination with a connection of its own, taken from a pool, on which it logs
// in. It never repeats anything by itself; what an answer or a failure means is decided in outcome.ts.

import type { Batch, Failure, Message, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { own, parseJson } from '../shared/json/values.ts'
import { Pool } from '../shared/publishing/pool.ts'
import { reportOf } from '../shared/wialon/from-message.ts'
import { LeftOutTeller } from '../shared/wialon/left-out.ts'
import { FieldRules } from '../shared/wialon/rules.ts'
import { unfitForLogin } from './codec/login.ts'
import { nameLimits } from './codec/parameters.ts'
import { hdopField, type Writing, writeRecord } from './codec/record.ts'
import { outcomeOfLogin, outcomeOfRefusal } from './outcome.ts'
import { Sending } from './target/sending.ts'
import { Session, type SessionSettings } from './target/session.ts'
import type { WialonIpsTargetConfig } from './target-config.ts'

export class WialonIpsTarget implements Target {
  readonly limits: TargetLimits
  readonly #rules: FieldRules
  readonly #writing: Writing
  readonly #teller: LeftOutTeller
  readonly #session: SessionSettings
  readonly #pool: Pool<Session>
  readonly #sending: Sending
  /** Whether any device was let in with the password that is set. */
  #isKnown = false
  /** What open() connects with. */
  #trial: Session | null = null

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: WialonIpsTargetConfig, env: TargetEnv) {
    const { version, connections, maxMessages, maxBytes } = config
    this.limits = { maxMessages, maxBytes, batchesInFlight: 1, totalBatchesInFlight: connections }
    this.#rules = new FieldRules(config.fields, nameLimits)
    this.#writing = { hasFraction: version === '2.1', hdopName: this.#rules.nameOf(hdopField).name }
    this.#teller = new LeftOutTeller(env.log, { stream: env.stream })
    this.#session = {
      clock: env.clock,
      host: config.host,
      port: config.port,
      version,
      password: config.password ?? null,
      connectTimeoutMs: config.connectTimeoutMs,
      answerTimeoutMs: config.answerTimeoutMs,
      mask: text => env.mask.apply(text),
      onUnasked: bytes => env.log('answer_unasked', { stream: env.stream, bytes })
    }
    this.#pool = new Pool({
      clock: env.clock,
      connections,
      idleMs: config.idleMs,
      create: ident => new Session(this.#session, ident)
    })
    this.#sending = new Sending(version !== '1.1')
  }

  /** The ident that the message itself names, as it is the one that logs in. */
  destination(message: Message): string {
    const ident = own(parseJson(message.value().toString()), 'ident')
    return typeof ident === 'string' ? ident : ''
  }

  /** Connects and hangs up: there is no device yet that could log in. Throws why the connection failed. */
  async open(signal: AbortSignal): Promise<void> {
    const trial = new Session(this.#session, '')
    this.#trial = trial
    try {
      await trial.connect(signal)
    } finally {
      trial.destroy()
      await trial.closed
      this.#trial = null
    }
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome[]> {
    const records: string[] = []
    const refusals = batch.messages.map(message => {
      const record = this.#recordOf(message)
      if (typeof record !== 'string') return outcomeOfRefusal(record.reason)
      records.push(record)
      return null
    })
    const outcomes = records.length === 0 ? [] : await this.#send(batch.destination, records, signal)
    let next = 0
    return refusals.map(refusal => refusal ?? outcomes[next++] ?? outcomeOfRefusal(''))
  }

  async close(): Promise<void> {
    this.#trial?.destroy()
    await this.#pool.close()
    await this.#trial?.closed
  }

  async #send(ident: string, records: readonly string[], signal: AbortSignal): Promise<Outcome[]> {
    let session: Session
    try {
      session = await this.#pool.acquire(ident, signal, opening => opening.open(signal))
      this.#isKnown = true
    } catch (error) {
      const failure: Failure = outcomeOfLogin(error, this.#isKnown)
      return records.map(() => failure)
    }
    try {
      return await this.#sending.send(session, records, signal)
    } finally {
      this.#pool.release(session)
    }
  }

  #recordOf(message: Message): string | { readonly reason: string } {
    const report = reportOf(message.value(), this.#rules)
    if ('reason' in report) return report
    if (unfitForLogin.test(report.unit)) return { reason: 'ident holds a semicolon or the end of a line' }
    this.#teller.tell(report.unit, report.leftOut)
    return writeRecord(report, this.#writing)
  }
}
