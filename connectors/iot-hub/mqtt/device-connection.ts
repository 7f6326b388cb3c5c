// The connection of one device, from its turn to connect to its end. It is used for one batch at a time, whose messages are
// written one after the other within the window, and never again once something on it is in doubt or its token is to be renewed.
//
//   waiting ──turn──> opening ──CONNACK──> open ──the hub, destroy(), an abort──> closed

import type tls from 'node:tls'
import { FaultError } from '../../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../../connector.ts'
import { abortFault } from '../../shared/abort.ts'
import { Connection, type ConnectionSettings } from '../../shared/mqtt/connection.ts'
import type { Publication } from '../../shared/mqtt/publish/publications.ts'
import { Delivery, type Group } from '../../shared/publishing/delivery.ts'
import type { Pooled } from '../../shared/publishing/pool.ts'
import type { Token } from '../sas/tokens.ts'
import type { ConnectTurns } from './connect-turns.ts'
import { explainFault, outcomeOfLoss } from './outcome.ts'

const apiVersion = '2021-04-12'

export interface DeviceConnectionSettings {
  readonly hub: string
  readonly turns: ConnectTurns
  /** Of all connections. */
  readonly connection: Omit<ConnectionSettings, 'identity'>
}

/** What a device proves itself with. */
export interface Proof {
  /** Null: it shows a certificate. */
  readonly token: Token | null
  /** Its own, where it shows a certificate. */
  readonly context?: tls.SecureContext
}

/** What a message is published as, or the outcome of one of which nothing can be made. */
export type Publish = (message: Message) => Publication | Failure

export class DeviceConnection implements Pooled {
  readonly ident: string
  readonly closed: Promise<void>
  readonly #settings: DeviceConnectionSettings
  readonly #ending = new AbortController()
  #connection: Connection | undefined
  #isOpen = false
  /** Why it has ended. */
  #fault: FaultError | undefined
  /** What is on its way. */
  #delivery: Delivery | undefined
  /** From when on another token is to be used, Unix ms. */
  #renewMs = Number.POSITIVE_INFINITY
  #onClosed: () => void = () => {}

  constructor(settings: DeviceConnectionSettings, device: string) {
    this.ident = device
    this.#settings = settings
    this.closed = new Promise(resolve => {
      this.#onClosed = resolve
    })
  }

  /** It may be used for another batch. */
  get isIdle(): boolean {
    const isGood = this.#isOpen && this.#settings.connection.clock.now() < this.#renewMs
    return isGood && this.#connection?.isIdle === true
  }

  /** Connects when it is its turn. Rejects with a FaultError, at once when the signal fires. */
  async open({ token, context }: Proof, signal: AbortSignal): Promise<void> {
    const giveUp = () => this.destroy()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const { turns } = this.#settings
      await turns.take(this.#ending.signal)
      if (signal.aborted || this.#ending.signal.aborted) throw abortFault(signal)
      const connection = this.#connect(token, context)
      await connection.opened
      this.#isOpen = true
    } catch (error) {
      throw signal.aborted ? abortFault(signal) : error
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Publishes the messages in their order. Never rejects; settles at once when the signal fires. */
  async send(
    messages: readonly Message[],
    publish: Publish,
    signal: AbortSignal
  ): Promise<Outcome | Outcome[]> {
    const groups = messages.map((_, at) => [at])
    const delivery = new Delivery(messages, groups, 'iot_hub_predecessor_failed')
    const giveUp = () => lose(delivery, abortFault(signal))
    signal.addEventListener('abort', giveUp, { once: true })
    this.#delivery = delivery
    if (signal.aborted) giveUp()
    else if (this.#fault !== undefined) lose(delivery, this.#fault)
    this.#pump(delivery, publish)
    const outcome = await delivery.outcome
    this.#delivery = undefined
    signal.removeEventListener('abort', giveUp)
    return outcome
  }

  /** Says good-bye if nothing is on its way. */
  destroy(): void {
    this.#isOpen = false
    this.#ending.abort()
    if (this.#connection === undefined) this.#onClosed()
    else void this.#connection.close()
  }

  #connect(token: Token | null, context: tls.SecureContext | undefined): Connection {
    const { hub, connection: shared } = this.#settings
    this.#renewMs = token?.renewMs ?? Number.POSITIVE_INFINITY
    const connection = new Connection({
      ...shared,
      ...(context !== undefined && { tls: { ...shared.tls, secureContext: context } }),
      identity: {
        protocolVersion: 4,
        clientId: this.ident,
        username: `${hub}/${this.ident}/?api-version=${apiVersion}`,
        ...(token !== null && { password: token.text })
      },
      explain: explainFault
    })
    this.#connection = connection
    void connection.closed.then(fault => {
      this.#isOpen = false
      this.#fault = fault
      if (this.#delivery !== undefined) lose(this.#delivery, fault)
      this.#onClosed()
    })
    return connection
  }

  /** Writes as much as the window takes; every answer makes room for more. */
  #pump(delivery: Delivery, publish: Publish): void {
    const connection = this.#connection
    if (connection === undefined) return
    for (let group = delivery.peek(); group !== undefined; group = delivery.peek()) {
      const [message] = delivery.messagesOf(group)
      const publication = message === undefined ? unexpected() : publish(message)
      if ('kind' in publication) {
        delivery.take()
        delivery.settle(group, publication)
      } else if (connection.room > 0) {
        delivery.take()
        connection.publish(publication, this.#answered(delivery, group, publish))
      } else return
    }
  }

  #answered(delivery: Delivery, group: Group, publish: Publish): (outcome: Outcome) => void {
    return outcome => {
      const isLost = outcome.kind === 'unknown' || outcome.kind === 'unsent'
      delivery.settle(group, isLost ? ofDestination(outcome) : outcome)
      this.#pump(delivery, publish)
    }
  }
}

/** Which is the device. */
function ofDestination({ kind, code, detail }: Failure): Failure {
  return { kind, code, detail }
}

function lose(delivery: Delivery, fault: FaultError): void {
  delivery.giveUp(outcomeOfLoss(fault, true), outcomeOfLoss(fault, false))
}

function unexpected(): never {
  throw new FaultError('internal', { detail: 'a group without message' })
}
