// From CONNACK to a connection that is open: what is asked of the broker then, and what it has answered.

import type { IConnackPacket, ISubackPacket, IUnsubackPacket, Packet } from 'mqtt-packet'
import type { Opened } from './delivery.ts'
import { type Subscriptions, subscribePacket, unsubscribePacket } from './requests.ts'

/** The reason code of a failure that is not told (MQTT 5, 2.4). */
const unspecified = 0x80

export class Opening {
  readonly #subscriptions: Subscriptions
  #isResumed = false
  #sessionExpirySeconds: number | null = null
  #granted: readonly number[] | null = null
  #isUnsubscribing = false

  constructor(subscriptions: Subscriptions) {
    this.#subscriptions = subscriptions
  }

  /** What to send now, in this order. */
  begin({ properties, sessionPresent }: IConnackPacket): Packet[] {
    this.#isResumed = sessionPresent
    this.#sessionExpirySeconds = properties?.sessionExpiryInterval ?? null
    this.#isUnsubscribing = sessionPresent && this.#subscriptions.unwanted.length > 0
    const subscribe = subscribePacket(this.#subscriptions)
    return this.#isUnsubscribing ? [subscribe, unsubscribePacket(this.#subscriptions)] : [subscribe]
  }

  /** What it has come to, once all is answered. */
  answered(packet: ISubackPacket | IUnsubackPacket): Opened | null {
    // Numbers, in both versions; the package has objects for an extension of its own.
    if (packet.cmd === 'suback')
      this.#granted = packet.granted.map(code => (typeof code === 'number' ? code : unspecified))
    else this.#isUnsubscribing = false
    const [granted, isResumed, sessionExpirySeconds] = [
      this.#granted,
      this.#isResumed,
      this.#sessionExpirySeconds
    ]
    return granted === null || this.#isUnsubscribing ? null : { granted, isResumed, sessionExpirySeconds }
  }
}
