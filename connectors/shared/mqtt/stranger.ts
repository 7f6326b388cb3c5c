// What answers in a broker's place and does not speak MQTT, in words that let a person know it: a web server, a port that
// speaks TLS.

import { FaultError } from '../../../schemas/errors.ts'
import type { Mask } from '../mask.ts'
import { faultOfError } from './outcome.ts'

/** How much of what came is looked at. */
export const shownBytes = 64
const shownHexBytes = 12

/** What an error means for a connection that is being opened, of which these bytes have come first. */
export function faultOfStranger(error: unknown, begun: Buffer, mask: Mask): FaultError {
  const fault = faultOfError(error, false)
  const isOfParser = fault.code === 'mqtt_answer_malformed' && fault.cause !== undefined
  if (!isOfParser || begun.length === 0) return fault
  const detail = `${wordsOf(begun, mask)} came, which is not MQTT (${fault.detail})`
  return new FaultError('mqtt_answer_malformed', { detail, cause: fault.cause })
}

function wordsOf(begun: Buffer, mask: Mask): string {
  // The header of a record: 20 to 23, then version 3 (RFC 8446, 5.1).
  const [type = 0, version] = begun
  if (type >= 20 && type <= 23 && version === 3) return 'TLS'
  const [line = ''] = /^[\x20-\x7e]*/.exec(begun.toString('latin1')) ?? []
  if (line.length >= 3) return JSON.stringify(mask.applyToCut(line))
  return `the bytes ${begun.toString('hex', 0, shownHexBytes)}`
}
