// How the client of the package is made, so that it does nothing by itself.

import { type IClientOptions, UniqueMessageIdProvider } from 'mqtt'

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
    messageIdProvider: new UniqueMessageIdProvider(),
    log: () => {} // its own would show the user name
  }
}
