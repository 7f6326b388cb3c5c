// How the session of one feed is, and what the log tells of it. As with streams, a wait is told once, again only when its
// reason has become another one, and at most every ten seconds: a broker that comes and goes must not fill the log.

import { errors, type FaultError } from '../../../schemas/errors.ts'
import type { Feed, SourceConnection, SourceEnv } from '../../connector.ts'
import type { Opened } from '../../shared/mqtt/subscribe/delivery.ts'
import { reportTrouble, type Trouble } from '../../trouble.ts'
import { WaitTeller } from '../../wait-teller.ts'
import { shownUrl } from '../broker.ts'
import type { MqttSourceConfig } from '../source-config.ts'

export class SessionHealth {
  readonly #env: Pick<SourceEnv, 'clock' | 'log'>
  /** What every line names. */
  readonly #session: { readonly channel: string; readonly url: string; readonly clientId: string }
  readonly #askedSeconds: number
  #state: SourceConnection['state'] = 'starting'
  #sinceMs: number
  #trouble: Trouble | null = null
  readonly #waits: WaitTeller
  /** It was connected before, so the broker must still know its session. */
  #hasSession = false
  #toldSeconds: number | null = null

  constructor({ channel, config }: Feed<MqttSourceConfig>, env: Pick<SourceEnv, 'clock' | 'log'>) {
    this.#env = env
    this.#session = { channel, url: shownUrl(config.url), clientId: config.clientId }
    this.#askedSeconds = config.sessionExpirySeconds
    this.#sinceMs = env.clock.now()
    this.#waits = new WaitTeller(env.clock, () => this.#tellTrouble('source_waiting'))
  }

  get connection(): SourceConnection {
    const { channel, url } = this.#session
    const trouble = this.#trouble
    return {
      ...{ channel, url, state: this.#state, sinceMs: this.#sinceMs },
      ...(trouble !== null && { trouble })
    }
  }

  connected({ isResumed, sessionExpirySeconds }: Opened): void {
    const { log } = this.#env
    if (!isResumed) log(this.#hasSession ? 'session_lost' : 'session_new', this.#session)
    this.#hasSession = true
    this.#tellExpiry(sessionExpirySeconds ?? this.#askedSeconds)
    this.#enter('connected', null)
    log('source_connected', { ...this.#session, isResumed })
  }

  failed(fault: FaultError, about: Pick<Trouble, 'attempt' | 'untilMs'>): void {
    const { code, detail = '' } = fault
    const state = errors[code].outcome === 'halt' ? 'halted' : 'waiting'
    const isNew = state !== this.#state || code !== this.#trouble?.code
    const isUntold = this.#waits.isDue
    this.#enter(state, { code, detail, ...about })
    if (!isNew && !isUntold) return
    if (state === 'waiting') this.#waits.tell()
    else this.#tellTrouble('source_halted')
  }

  /** Leaves no timer. */
  close(): void {
    this.#waits.cancel()
  }

  #enter(state: SourceConnection['state'], trouble: Trouble | null): void {
    if (state !== this.#state) this.#sinceMs = this.#env.clock.now()
    this.#waits.cancel()
    this.#state = state
    this.#trouble = trouble
  }

  #tellTrouble(event: 'source_halted' | 'source_waiting'): void {
    if (this.#trouble !== null) this.#env.log(event, { ...this.#session, ...reportTrouble(this.#trouble) })
  }

  /** How long the broker keeps the session, where that is shorter than it was asked. */
  #tellExpiry(seconds: number): void {
    if (seconds < this.#askedSeconds && seconds !== this.#toldSeconds)
      this.#env.log('session_shortened', { ...this.#session, askedSeconds: this.#askedSeconds, seconds })
    this.#toldSeconds = seconds
  }
}
