// Lets devices in: the token of each, and what it means when the hub refuses one.

import type { Clock } from '../clock.ts'
import type { Failure, Message } from '../connector.ts'
import { Jury } from './jury.ts'
import { keySourceOf } from './sas/keys.ts'
import { type Token, Tokens } from './sas/tokens.ts'
import type { IotHubTargetConfig } from './target-config.ts'

/** Whom the hub was asked to let in. */
export interface Asking {
  readonly device: string
  /** Null: it shows a certificate. */
  readonly token: Token | null
  readonly signal: AbortSignal
}

export class Admission {
  readonly #tokens: Tokens | null
  readonly #jury: Jury

  /** Throws a FaultError `config_invalid` for credentials that cannot be used. */
  constructor(config: IotHubTargetConfig, clock: Clock, hub: string) {
    const keys = keySourceOf(config)
    const lifetimeMs = config.tokenLifetimeMs
    this.#tokens = keys === null ? null : new Tokens({ clock, hub, keys, lifetimeMs })
    this.#jury = new Jury(clock, keys?.isShared ?? false)
  }

  /** The token of a device that sends this message, null where it needs none, or the outcome when there is no key for it. */
  tokenOf(device: string, message: Message): Token | null | Failure {
    if (this.#tokens === null) return null
    const missing: Failure = {
      ...{ kind: 'reject', scope: 'device', code: 'iot_hub_key_missing', detail: `of ${device}` }
    }
    return this.#tokens.of(device, message) ?? missing
  }

  /** Looks on while the hub is asked about a device; `isIn` says whether it was let in. */
  watch<T>({ device, token }: Asking, asked: Promise<T>, isIn: (answer: T) => boolean): Promise<T> {
    return this.#jury.watch(device, asked, answer => {
      const wasLetIn = isIn(answer)
      if (wasLetIn && token !== null) this.#tokens?.letIn(token)
      return wasLetIn
    })
  }

  /** Something was confirmed on a connection that stands. */
  confirmed(): void {
    this.#jury.confirmed()
  }

  /** What it means that the hub did not let a device in: a token is made anew, the device waits, or the stream halts. */
  async refused({ device, token, signal }: Asking, detail: string): Promise<Failure> {
    if (token !== null && this.#tokens?.refused(device, token) === true)
      return { kind: 'retry', scope: 'device', code: 'iot_hub_token_refused', detail }
    if ((await this.#jury.blameFor(device, 'refused', signal)) === 'all')
      return { kind: 'halt', code: 'iot_hub_unauthorized', detail }
    return { kind: 'reject', scope: 'device', code: 'iot_hub_device_refused', detail }
  }

  /** The hub ended a connection without a word, which may concern one device or all. */
  async hungUp({ device, signal }: Asking, failure: Failure): Promise<Failure> {
    const blame = await this.#jury.blameFor(device, 'hungUp', signal)
    return { ...failure, scope: blame === 'all' ? 'target' : 'device' }
  }

  close(): void {
    this.#jury.close()
  }
}
