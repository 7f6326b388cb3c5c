// The answer to a CONNECT: whether the broker accepts the connection, and what it takes on it.

import type { Packet } from 'mqtt'
import { FaultError } from '../../../schemas/errors.ts'
import type { Mask } from '../mask.ts'
import { faultOfConnack } from './outcome.ts'
import { maxPacketBytes } from './publish/packet-size.ts'
import { reasonOf } from './reason.ts'

/** What is wanted. */
export interface Wanted {
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly maxInFlight: number
  readonly mask: Mask
}

export interface Grant {
  /** Messages without confirmation. */
  readonly window: number
  /** Size of a packet. */
  readonly maxPacketBytes: number
}

/** What a broker takes by its first packet; the fault when it does not accept the connection, or takes less than is needed. */
export function grantOf(packet: Packet, { qos, retain, maxInFlight, mask }: Wanted): Grant | FaultError {
  if (packet.cmd !== 'connack')
    return new FaultError('mqtt_answer_malformed', { detail: `${packet.cmd} before CONNACK` })
  const reason = reasonOf(packet, mask)
  if (reason.code !== 0) return faultOfConnack(reason)
  const {
    maximumQoS = 2,
    retainAvailable = true,
    receiveMaximum,
    maximumPacketSize
  } = packet.properties ?? {}
  if (maximumQoS < qos) return faultOfConnack({ code: 0x9b })
  if (retain && !retainAvailable) return faultOfConnack({ code: 0x9a })
  // 0 is forbidden for both.
  return {
    window: Math.min(maxInFlight, receiveMaximum || maxInFlight),
    maxPacketBytes: maximumPacketSize || maxPacketBytes
  }
}
