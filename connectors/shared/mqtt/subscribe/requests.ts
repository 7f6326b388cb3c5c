// What a subscriber asks of a broker: a session that is kept while it is away, and messages with QoS 1. A message that was
// published with QoS 2 then comes with QoS 1 (MQTT 5, 3.8.4), which is all that "at least once" needs.

import type { IConnectPacket, Packet } from 'mqtt-packet'

/** Until the broker has heard nothing for half as long again it holds the client for alive. */
export const keepAliveSeconds = 30

export interface Identity {
  readonly protocolVersion: 4 | 5
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** How long the broker keeps the session while nobody is connected (MQTT 5). */
  readonly sessionExpirySeconds: number
}

export interface Subscriptions {
  readonly filters: readonly string[]
  /** Of the session, and no longer wanted. */
  readonly unwanted: readonly string[]
  /** Whether messages are wanted that the broker had kept (retained) when the subscription is made. */
  readonly takesRetained: boolean
}

/** `maxInFlight` is the Receive Maximum: the broker sends no more that are not acknowledged. */
export function connectPacket(identity: Identity, maxInFlight: number): IConnectPacket {
  const { clientId, username, password, protocolVersion, sessionExpirySeconds } = identity
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clientId,
    clean: false,
    keepalive: keepAliveSeconds,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password) }),
    ...(protocolVersion === 5 && {
      properties: { sessionExpiryInterval: sessionExpirySeconds, receiveMaximum: maxInFlight }
    })
  }
}

/** To be sent in this order. */
export function subscribePackets({ filters, takesRetained, unwanted }: Subscriptions): Packet[] {
  // Retain Handling of MQTT 5: 1, only if the subscription is new; 2, never. 3.1.1 has no choice.
  const rh = takesRetained ? 1 : 2
  const subscriptions = filters.map(topic => ({ topic, qos: 1 as const, nl: false, rap: false, rh }))
  const unsubscribe = { cmd: 'unsubscribe' as const, messageId: 2, unsubscriptions: [...unwanted] }
  return [...(unwanted.length > 0 ? [unsubscribe] : []), { cmd: 'subscribe', messageId: 1, subscriptions }]
}
