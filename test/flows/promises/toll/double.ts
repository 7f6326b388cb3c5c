// The toll system on the network: HTTPS that wants a client certificate of its authority and a signature over every
// request, and that is now and then out of order: it answers with an error, never, or after it has taken the request.

import { Webhook } from 'standardwebhooks'
import type { Clock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import type { Certificates } from '../../../certificates.ts'
import type { TollOffice } from './office.ts'

/** What it does with requests: works, or an outage. `silent` takes them and never answers. */
export type Mode = 'works' | 'unavailable' | 'hangs' | 'silent'

export interface TollDoubleOptions {
  readonly clock: Clock
  readonly office: TollOffice
  /** Its own certificate, which it also wants its clients' authority to be that of. */
  readonly certificates: Certificates
  /** The key of signatures. */
  readonly secret: string
}

export class TollDouble {
  mode: Mode = 'works'
  /** Requests that were not signed as they must. */
  unsigned = 0
  /** Clients that began one, whatever came of it. */
  handshakes = 0
  readonly #office: TollOffice
  readonly #webhook: Webhook
  readonly #double: HttpDouble

  constructor({ clock, office, certificates, secret }: TollDoubleOptions) {
    this.#office = office
    this.#webhook = new Webhook(secret)
    this.#double = new HttpDouble({
      clock,
      reply: request => this.#reply(request),
      tls: { ...certificates, requestCert: true, rejectUnauthorized: true, ALPNCallback: () => this.#greet() }
    })
  }

  get url(): string {
    return `${this.#double.url}/positions`
  }

  start(): Promise<void> {
    return this.#double.start()
  }

  /** Refuses connections from now on and cuts those that are open. */
  stop(): Promise<void> {
    return this.#double.stop()
  }

  #reply({ body, headers }: Received): Reply {
    if (!this.#isSigned(body, headers)) {
      this.unsigned++
      return { kind: 'answer', status: 401 }
    }
    if (this.mode === 'works') return { kind: 'answer', ...this.#office.take(body) }
    if (this.mode === 'silent') this.#office.take(body)
    else this.#office.note(body)
    return this.mode === 'unavailable' ? { kind: 'answer', status: 503 } : { kind: 'hang' }
  }

  #greet(): string {
    this.handshakes++
    return 'http/1.1'
  }

  #isSigned(body: Buffer, headers: Received['headers']): boolean {
    try {
      this.#webhook.verify(body, headers as Record<string, string>) // those of a signature are texts
      return true
    } catch {
      return false
    }
  }
}
