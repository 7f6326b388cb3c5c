// The size of a PUBLISH in bytes, to compare it with what the broker takes before it is written. MQTT 5, 3.3; in 3.1.1
// there are no properties.

import type { Properties, Publication } from './publications.ts'

/** What the length field of a packet can express, with the header in front of it (MQTT 5, 2.1.4). */
export const maxPacketBytes = 268_435_455 + 5

/** The properties with the length that stands before them (3.3.2.3). */
export function propertiesBytes(properties: Properties): number {
  const { contentType, messageExpiryInterval, userProperties = {} } = properties
  const texts = Object.entries(userProperties).map(
    ([name, value]) => 1 + textBytes(name) + textBytes(String(value))
  )
  const bytes =
    (contentType === undefined ? 0 : 1 + textBytes(contentType)) +
    (messageExpiryInterval === undefined ? 0 : 5) +
    texts.reduce((sum, length) => sum + length, 0)
  return lengthBytes(bytes) + bytes
}

/** The whole packet. */
export function publishBytes(
  { topic, payload, propertiesBytes: properties }: Publication,
  qos: number
): number {
  const restBytes = textBytes(topic) + (qos === 0 ? 0 : 2) + properties + payload.length
  return 1 + lengthBytes(restBytes) + restBytes
}

/** A text with its length in front (1.5.4). */
function textBytes(text: string): number {
  return 2 + Buffer.byteLength(text)
}

/** How many bytes a length takes (1.5.5). */
function lengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
}
