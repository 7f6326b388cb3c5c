// A process of hostile senders, so that what they take of the processor is not taken from those who measure. They are
// asked by messages for so many requests, and tell every answer that was not the right one.

import { constants, setPriority } from 'node:os'
import { answer } from '../../../bench/ingest/child.ts'
import { seeded } from '../../../seeded.ts'
import { tickUntil } from '../../harness/until.ts'
import { type HostileRequest, hostileRequests, statusOf } from './hostile-requests.ts'

export interface HostileOrder {
  readonly port: number
  readonly kind: keyof typeof hostileRequests
  readonly count: number
  readonly atOnce: number
  readonly perSecond: number
  readonly seed: number
}

export interface HostileReport {
  readonly sent: number
  readonly seconds: number
  /** By the name of the request: how many got their status. */
  readonly right: Readonly<Record<string, number>>
  /** `NAME: 200, not 400`. */
  readonly wrong: readonly string[]
}

async function run({ port, kind, count, atOnce, perSecond, seed }: HostileOrder): Promise<HostileReport> {
  const random = seeded(seed)
  const choices = hostileRequests[kind].flatMap(request =>
    Array<HostileRequest>(request.weight).fill(request)
  )
  const right: Record<string, number> = {}
  const wrong: string[] = []
  const startedMs = performance.now()
  let next = 0
  const sender = async () => {
    while (next < count) {
      const dueMs = startedMs + (next++ * 1_000) / perSecond
      await tickUntil(dueMs)
      const hostile = choices[Math.floor(random() * choices.length)]
      if (hostile === undefined) return
      const status = await statusOf(hostile, port)
      if (status === hostile.status) right[hostile.name] = (right[hostile.name] ?? 0) + 1
      else wrong.push(`${hostile.name}: ${status}, not ${hostile.status}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, sender))
  return { sent: count, seconds: (performance.now() - startedMs) / 1_000, right, wrong }
}

// In earnest they are on machines of their own: here they shall not take the processor from those whom they disturb.
setPriority(constants.priority.PRIORITY_LOW)
answer(run, async () => {})
