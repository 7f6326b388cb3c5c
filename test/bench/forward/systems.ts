// The systems that forward: Tailrace as `tailrace run` runs it, metrics and all, and its references.

import { forwardStream, serviceConfig } from '../config.ts'
import { systems as readers } from '../consume/systems.ts'
import { startService } from '../service.ts'
import type { RunSystem } from '../stopwatch.ts'
import { plainLoop } from './plain-loop.ts'

export interface ForwardOptions {
  readonly brokers: string[]
  readonly topic: string
  readonly partitions: number
  readonly messages: number
  /** Messages to a request. */
  readonly batch: number
  /** Requests at the same time. */
  readonly inFlight: number
  readonly url: string
}

/** How often the service is asked whether it is done: a small part of the shortest run. */
const pollMs = 50

const tailrace: RunSystem<ForwardOptions> = async (options, stopwatch) => {
  const { brokers, topic, partitions } = options
  const streams = { forward: forwardStream(options) }
  const config = serviceConfig({ brokers, topics: [{ topic, partitions }], streams })
  const service = await startService(config)
  await new Promise<void>(resolve => {
    const poll = setInterval(() => {
      const accounts = service.status().streams[0]?.accounts
      if (accounts === undefined || accounts.read === 0) return
      stopwatch.start()
      if (accounts.delivered < options.messages) return
      clearInterval(poll)
      resolve()
    }, pollMs)
  })
  const measurement = stopwatch.stop(options.messages, 0)
  await service.stop(5_000)
  return measurement
}

export const systems = { tailrace, 'plain loop': plainLoop, 'kafkajs alone': readers.kafkajs }
