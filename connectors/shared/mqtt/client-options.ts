// How the client of the package is made, so that it does nothing by itself.

import { type IClientOptions, type Packet, Store } from 'mqtt'
import { MessageIds } from './message-ids.ts'

const keepAliveSeconds = 30
const noTimeoutMs = 2_147_483_647

/** Switches off whatever the package would do by itself. */
export function clientOptions(identity: IClientOptions): IClientOptions {
  return {
    ...identity,
    clean: true,
    keepalive: keepAliveSeconds,
    reconnectPeriod: 0,
    connectTimeout: noTimeoutMs, // ours covers all of it, and tells why
    queueQoSZero: false,
    resubscribe: false,
    messageIdProvider: new MessageIds(),
    outgoingStore: new NoStore(),
    reschedulePings: false, // a ping every 30 s costs less than setting the timer anew for every message
    log: () => {} // its own would show the user name
  }
}

/** Nothing is sent again by the package, so it need keep nothing. */
class NoStore extends Store {
  override put(_packet: Packet, done?: () => void): this {
    done?.()
    return this
  }

  override del(packet: Pick<Packet, 'messageId'>, done: (error?: Error, packet?: Packet) => void): this {
    done(undefined, packet as Packet) // who asks reads only the error
    return this
  }
}
