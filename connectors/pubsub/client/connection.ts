// The connection of a target: opened when a message, or open(), needs one, and again after it was lost. One that fails, or
// that has fallen silent, is thrown away: when the next attempt is made is the engine's to say, not gRPC's.

import type { SecureContext } from 'node:tls'
import { Metadata } from '@grpc/grpc-js'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { Wait } from '../../shared/wait.ts'
import type { Token } from './access.ts'
import { type ClientOptions, Link } from './link.ts'
import { WatchedCredentials } from './watched-credentials.ts'

export interface ConnectionSettings {
  readonly clock: Clock
  readonly options: ClientOptions
  /** Null: without TLS. */
  readonly secureContext: SecureContext | null
  readonly connectTimeoutMs: number
}

export class Connection {
  readonly #settings: ConnectionSettings
  readonly #closing = new AbortController()
  #link: Link | null = null
  /** Those that may still be open. */
  #retired: readonly Link[] = []
  #connecting: Promise<Link> | null = null

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /** One that stands. Rejects with a FaultError when none came about, in time or before the signal; nothing was sent then. */
  async get(signal: AbortSignal): Promise<Link> {
    if (this.#link?.isReady === true) return this.#link
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    const link = this.#connecting
    const wait = this.#wait(signal)
    link.then(
      () => wait.end(),
      error => wait.end(error)
    )
    await wait.done
    return link
  }

  /** It does not answer: what is under way on it may still end, and the next attempt gets another one. */
  retire(link: Link): void {
    if (this.#link === link) this.#link = null
    this.#retired = [...this.#retired.filter(({ isClosed }) => !isClosed), link]
    link.retire()
  }

  /** Ends everything, at once. */
  close(): void {
    this.#closing.abort(new FaultError('pubsub_connect_failed', { detail: 'the target was closed' }))
    this.#link?.close()
    for (const link of this.#retired) link.close()
  }

  async #connect(): Promise<Link> {
    const wait = this.#wait(this.#closing.signal)
    try {
      this.#link ??= await this.#create()
      const link = this.#link
      link.connect().then(
        () => wait.end(),
        error => wait.end(error)
      )
      await wait.done
      return link
    } catch (error) {
      this.#link?.close()
      this.#link = null
      wait.end()
      throw error
    }
  }

  #create(): Promise<Link> {
    const { options, secureContext } = this.#settings
    return Link.create(options, new WatchedCredentials(secureContext))
  }

  #wait(signal: AbortSignal): Wait {
    const { clock, connectTimeoutMs: timeoutMs } = this.#settings
    const wait = new Wait({ clock, timeoutMs, code: 'pubsub_connect_timeout', signal })
    wait.done.catch(() => {}) // it may end before anybody awaits it
    return wait
  }
}

/** What a call carries beside its request: the token, and the topic, by which Google finds the region that serves it. */
export function metadataOf(topic: string, token: Token | null): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(token?.headers ?? {})) metadata.set(name, value)
  metadata.set('x-goog-request-params', `topic=${encodeURIComponent(topic)}`)
  return metadata
}
