// The process of the streams benchmark: a service with many streams, watched for a while once all have joined.

import { setTimeout as pause } from 'node:timers/promises'
import { uniqueName } from '../../kafka.ts'
import { forwardStream, serviceConfig } from '../config.ts'
import { startService } from '../service.ts'

export interface StreamsOrder {
  readonly brokers: string[]
  readonly topic: string
  readonly streams: number
  readonly url: string
  readonly budgetBytes: number
  readonly restSeconds: number
}

export interface Reading {
  /** The highest of the whole life of the process. */
  readonly rssMb: number
  readonly cpuPercent: number
}

/** Joining and the first fetches are not rest. */
const settleMs = 10_000

process.once('message', async (order: StreamsOrder) => {
  const reading = await watch(order)
  process.send?.(reading, () => process.exit())
})

async function watch(order: StreamsOrder): Promise<Reading> {
  const { brokers, topic, streams, url, budgetBytes, restSeconds } = order
  const names = Array.from({ length: streams }, () => uniqueName('stream'))
  const stream = () => forwardStream({ topic, batch: 100, inFlight: 16, url })
  const config = serviceConfig({
    brokers,
    topics: [{ topic, partitions: 4 }],
    budgetBytes,
    streams: Object.fromEntries(names.map(name => [name, stream()]))
  })
  const service = await startService(config)
  while (!service.status().streams.every(({ partitions }) => partitions.length > 0)) await pause(100)
  await pause(settleMs)
  const before = process.cpuUsage()
  await pause(restSeconds * 1_000)
  const { user, system } = process.cpuUsage(before)
  const rssMb = process.resourceUsage().maxRSS / 1024 // maxRSS is in KiB
  return { rssMb, cpuPercent: (user + system) / 1e4 / restSeconds }
}
