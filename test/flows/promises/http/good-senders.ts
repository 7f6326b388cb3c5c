// Senders as they should be: one message to a request, at a set rate whatever the answers take, each timed from the
// moment it was due.

import { Pool } from 'undici'
import { tickUntil } from '../../harness/until.ts'
import { round3 } from '../promise.ts'
import { token } from './hostile-requests.ts'

const connections = 32
const devices = 500

export interface GoodRun {
  readonly sent: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The status of each answer that was not 200. */
  readonly refused: readonly number[]
}

export async function sendGood(
  url: string,
  { perSecond, ms }: { perSecond: number; ms: number }
): Promise<GoodRun> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections })
  const latencies: number[] = []
  const refused: number[] = []
  const send = async (dueMs: number, index: number) => {
    const { statusCode, body } = await pool.request({
      path: pathname,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: `{"ident":"good-${index % devices}","timestamp":${1_700_000_000 + index},"position.speed":75}`
    })
    await body.dump()
    latencies.push(performance.now() - dueMs)
    if (statusCode !== 200) refused.push(statusCode)
  }
  const startedMs = performance.now()
  const count = Math.floor((ms * perSecond) / 1_000)
  const sending: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    const dueMs = startedMs + (index * 1_000) / perSecond
    await tickUntil(dueMs)
    sending.push(send(dueMs, index))
  }
  await Promise.all(sending)
  await pool.close()
  latencies.sort((a, b) => a - b)
  const quantile = (share: number) => round3(latencies[Math.floor(share * latencies.length)] ?? 0)
  return { sent: count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), refused }
}
