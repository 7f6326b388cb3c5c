// What Pub/Sub refuses whatever it is asked to do: requests beyond the limits of the service, and messages in one request that
// have different ordering keys. The words are about those of the service.

import { status } from '@grpc/grpc-js'
import type { Published, PublishedMessage } from '../double.ts'

export interface ServiceLimits {
  readonly requestBytes: number
  readonly requestMessages: number
  readonly dataBytes: number
}

export const defaultLimits: ServiceLimits = {
  requestBytes: 10_485_760,
  requestMessages: 1_000,
  dataBytes: 10_485_760
}

export interface Refusal {
  readonly code: number
  readonly details: string
}

/** Null when the request keeps all of them. */
export function brokenRule({ messages, bytes }: Published, limits: ServiceLimits): Refusal | null {
  const [first] = messages
  if (first === undefined) return invalid('The value for message_count is too small. You passed 0.')
  if (messages.length > limits.requestMessages)
    return invalid(`The value for message_count is too large. You passed ${messages.length}.`)
  if (bytes > limits.requestBytes)
    return invalid(`Request payload size exceeds the limit: ${limits.requestBytes} bytes.`)
  if (messages.some(({ orderingKey }) => orderingKey !== first.orderingKey))
    return {
      code: status.FAILED_PRECONDITION,
      details:
        'In a single publish request, all messages must have no ordering key or they must all have the same ordering key.'
    }
  const problem = messages.map(message => problemOf(message, limits)).find(found => found !== null)
  return problem === undefined || problem === null ? null : invalid(problem)
}

function problemOf(
  { data, attributes, orderingKey }: PublishedMessage,
  limits: ServiceLimits
): string | null {
  const entries = Object.entries(attributes)
  const tooLong = (text: string, bytes: number) => Buffer.byteLength(text) > bytes
  if (data.length === 0 && entries.length === 0)
    return 'Some messages in the publish request are empty: they must have non-empty data, or at least one attribute.'
  if (data.length > limits.dataBytes) return `The message data is larger than ${limits.dataBytes} bytes.`
  if (entries.length > 100) return 'The attributes are too many: a message has 100 at most.'
  if (entries.some(([name]) => name === '' || name.startsWith('goog') || tooLong(name, 256)))
    return 'An attribute key is not valid.'
  if (entries.some(([, value]) => tooLong(value, 1_024))) return 'An attribute value is too long.'
  return tooLong(orderingKey, 1_024) ? 'The ordering key is too long.' : null
}

function invalid(details: string): Refusal {
  return { code: status.INVALID_ARGUMENT, details }
}
