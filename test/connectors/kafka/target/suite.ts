// What the conformance suite of targets wants of Kafka: its wishes as settings.

import type { Wish } from '../../../conformance/target.ts'

export const username = 'fleet'
export const topic = 'telemetry'

export function settingsFor({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  return {
    brokers: [`${host}:${port}`],
    topic,
    sasl: { mechanism: 'plain', username, password: credential },
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs,
    ...(tls !== undefined && { tls })
  }
}
