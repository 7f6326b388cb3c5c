// What answers in a broker's place and does not speak MQTT.

import { FaultError } from '../../../schemas/errors.ts'
import type { Mask } from '../mask.ts'
import { wordsOf } from '../tcp/begun.ts'
import { faultOfError } from './outcome.ts'

export { beginningOf } from '../tcp/begun.ts'

/** What an error means for a connection that is being opened, of which these bytes have come first. */
export function faultOfStranger(error: unknown, begun: Buffer, mask: Mask): FaultError {
  const fault = faultOfError(error, false)
  const isOfParser = fault.code === 'mqtt_answer_malformed' && fault.cause !== undefined
  if (!isOfParser || begun.length === 0) return fault
  const detail = `${wordsOf(begun, mask)} came, which is not MQTT (${fault.detail})`
  return new FaultError('mqtt_answer_malformed', { detail, cause: fault.cause })
}
