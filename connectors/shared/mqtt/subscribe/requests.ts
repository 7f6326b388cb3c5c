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
  /** What the session may have, and is not wanted. */
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

/** The one packet that subscribes. */
export function subscribePacket({ filters, takesRetained }: Subscriptions): Packet {
  // Retain Handling of MQTT 5: 1, only if the subscription is new; 2, never. 3.1.1 has no choice.
  const rh = takesRetained ? 1 : 2
  const subscriptions = filters.map(topic => ({ topic, qos: 1 as const, nl: false, rap: false, rh }))
  return { cmd: 'subscribe', messageId: 1, subscriptions }
}

/** To be sent behind the other: what is published in between comes by both, and not by none. */
export function unsubscribePacket({ unwanted }: Subscriptions): Packet {
  return { cmd: 'unsubscribe', messageId: 2, unsubscriptions: [...unwanted] }
}
