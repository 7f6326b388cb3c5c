// ApiVersions (key 18), versions 0 to 2. Request: nothing.
// Response: error int16, apis: key int16, min int16, max int16; from version 1 on: throttle int32.

import { Writer } from './wire.ts'

/** What the double speaks: one version of each that clients have known since Kafka 2.0, by key. */
export const spoken: ReadonlyMap<number, readonly [min: number, max: number]> = new Map([
  [0, [7, 7]], // Produce
  [3, [6, 6]], // Metadata
  [17, [1, 1]], // SaslHandshake
  [18, [0, 2]], // ApiVersions
  [36, [1, 1]] // SaslAuthenticate
])

const unsupportedVersion = 35

export function apiVersions(version: number): Buffer {
  const isKnown = version <= 2
  const writer = new Writer().int16(isKnown ? 0 : unsupportedVersion)
  writer.array([...spoken], ([key, [min, max]]) => void writer.int16(key).int16(min).int16(max))
  return (isKnown && version > 0 ? writer.int32(0) : writer).take()
}
