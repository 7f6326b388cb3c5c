// The systems that forward: Tailrace as `tailrace run` runs it, metrics and all, and its references.

import type { Service } from '../../../processors/service/service.ts'
import type { OneOfKinds } from '../../../schemas/define.ts'
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
  /** As under `steps:` of a stream; default: none. A message that they filter out counts as done. */
  readonly steps?: readonly OneOfKinds[]
  /** Tailrace is measured from when so many are done; default: from the first that it reads. */
  readonly warmUpMessages?: number
}

/** How often the service is asked whether it is done: a small part of the shortest run. */
const pollMs = 50

const tailrace: RunSystem<ForwardOptions> = async (options, stopwatch) => {
  const { brokers, topic, partitions, messages, steps = [], warmUpMessages = 0 } = options
  const streams = { forward: { ...forwardStream(options), steps: [...steps] } }
  const config = serviceConfig({ brokers, topics: [{ topic, partitions }], streams })
  const service = await startService(config)
  const before = await settled(service, warmUpMessages)
  stopwatch.start()
  await settled(service, messages)
  const measurement = stopwatch.stop(warmUpMessages === 0 ? messages : messages - before, 0)
  await service.stop(5_000)
  return measurement
}

/** How many are delivered or filtered out, once it is this many and the first have been read. */
function settled(service: Service, least: number): Promise<number> {
  return new Promise(resolve => {
    const poll = setInterval(() => {
      const accounts = service.status().streams[0]?.accounts
      if (accounts === undefined || accounts.read === 0) return
      const done = accounts.delivered + accounts.filtered
      if (done < least) return
      clearInterval(poll)
      resolve(done)
    }, pollMs)
  })
}

export const systems = { tailrace, 'plain loop': plainLoop, 'kafkajs alone': readers.kafkajs }
