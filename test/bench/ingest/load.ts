// The load generator, a process of its own: one-message POSTs from many connections, each of which sends its next
// request when it has the answer to the last. Devices are spread evenly, a fleet of 12,200.

import { Pool } from 'undici'
import { answer } from './child.ts'

export interface LoadOrder {
  readonly url: string
  readonly connections: number
  readonly messages: number
}

export interface LoadResult {
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Requests answered with anything but 200. */
  readonly refused: number
}

const devices = 12_200

/** A message as the fleet sends it. */
function message(index: number): string {
  const ident = 860_000_000_000_000 + (index % devices)
  return (
    `{"ident":"${ident}","timestamp":${1_681_282_189 + Math.floor(index / devices)},"server.timestamp":1681282191,` +
    '"channel.id":1,"protocol.id":1,"peer":"203.0.113.7:35077","position.longitude":48.4937,' +
    '"position.latitude":53.21024,"position.altitude":89.7,"position.speed":75,"position.direction":93,' +
    '"position.satellites":16,"external.powersource.voltage":28.525,"battery.voltage":3.842}'
  )
}

async function run({ url, connections, messages }: LoadOrder): Promise<LoadResult> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections })
  const latencies = new Float64Array(messages)
  let next = 0
  let refused = 0
  const sender = async () => {
    while (next < messages) {
      const index = next++
      const sentMs = performance.now()
      const { statusCode, body } = await pool.request({
        path: pathname,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: message(index)
      })
      await body.dump()
      latencies[index] = performance.now() - sentMs
      if (statusCode !== 200) refused++
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: connections }, sender))
  const seconds = (performance.now() - startedMs) / 1000
  await pool.close()
  latencies.sort()
  const quantile = (share: number) => latencies[Math.floor(share * messages)] ?? 0
  return { seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99), refused }
}

answer(run, async () => {})
