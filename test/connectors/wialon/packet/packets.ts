// Messages as packets, by the default rules or others.

import { reportOf } from '../../../../connectors/shared/wialon/from-message.ts'
import type { Refusal } from '../../../../connectors/shared/wialon/report.ts'
import { nameLimits, packetOf } from '../../../../connectors/wialon/packet/mapping.ts'
import type { Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { rulesWith } from '../../shared/wialon/rules.ts'

const defaults = rulesWith({}, nameLimits)

export function packetFor(value: Buffer, rules = defaults): Packet | Refusal {
  const report = reportOf(value, rules)
  return 'reason' in report ? report : packetOf(report)
}

/** The packet of a message that has one. */
export function packed(json: string, rules = defaults): Packet {
  const packet = packetFor(Buffer.from(json), rules)
  if ('reason' in packet) throw new Error(packet.reason)
  return packet
}
