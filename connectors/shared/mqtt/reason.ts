// The reason code of a packet, and what the broker said with it.

import type { Packet } from 'mqtt'
import type { Mask } from '../mask.ts'
import type { Reason } from './outcome.ts'

/** 0, success, where a packet has none. */
export function reasonOf(packet: Packet | undefined, mask: Mask): Reason {
  if (
    packet?.cmd !== 'connack' &&
    packet?.cmd !== 'puback' &&
    packet?.cmd !== 'pubrec' &&
    packet?.cmd !== 'disconnect'
  )
    return { code: 0 }
  const returnCode = packet.cmd === 'connack' ? packet.returnCode : undefined
  const code = packet.reasonCode ?? returnCode ?? 0
  const said = packet.properties?.reasonString
  return said === undefined ? { code } : { code, text: mask.apply(said) }
}
