// What a packet becomes for its channel: a message to append, or why it can be none.

import { maxIdentBytes, maxMessageBytes } from '../../../schemas/message.ts'
import type { Incoming } from '../../connector.ts'
import type { FieldRules } from '../../shared/wialon/rules.ts'
import { jsonOf, messageOf } from '../../shared/wialon/to-message.ts'
import { readLeniently } from '../packet/lenient.ts'
import { reportFrom } from '../packet/mapping.ts'

export interface Taken {
  readonly kind: 'taken'
  readonly message: Incoming
  readonly unit: string
  /** Blocks that are not in the message. */
  readonly leftOut: readonly string[]
}

/** It came whole, and cannot be a message. */
export interface Invalid {
  readonly kind: 'invalid'
  readonly reason: string
  /** Perhaps empty. */
  readonly unit: string
}

/** The bytes are no packet. */
export interface NoPacket {
  readonly kind: 'none'
  readonly reason: string
}

export function incomingOf(frame: Buffer, rules: FieldRules): Taken | Invalid | NoPacket {
  const reading = readLeniently(frame)
  if (reading.kind === 'none') return reading
  if (reading.kind === 'broken') return { ...reading, kind: 'invalid' }
  const { packet, leftOut } = reading
  const { unit, timeSeconds } = packet
  const invalid = (reason: string): Invalid => ({ kind: 'invalid', reason, unit })
  const key = Buffer.from(unit)
  if (key.length === 0) return invalid('the unit id is empty')
  if (key.length > maxIdentBytes) return invalid(`the unit id is longer than ${maxIdentBytes} bytes`)
  if (timeSeconds < 0) return invalid(`its time is ${timeSeconds}, before 1970`)
  const value = Buffer.from(jsonOf(messageOf(reportFrom(packet), rules)))
  if (value.length > maxMessageBytes)
    return invalid(`a message of ${value.length} bytes, at most ${maxMessageBytes}`)
  return { kind: 'taken', message: { key, value }, unit, leftOut }
}
