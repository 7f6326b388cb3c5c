// How the wishes of the conformance suite are written in the configuration of the MQTT target.

import type { Wish } from '../../conformance/target.ts'

export const username = 'fleet'
export const topic = 'fleet/telemetry'

export function settingsFor({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  return {
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://${host}:${port}`,
    topic,
    username,
    password: credential,
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs,
    ...(tls !== undefined && { tls })
  }
}
