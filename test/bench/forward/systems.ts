// The systems that forward: Tailrace as `tailrace run` runs it, metrics and all, and its references.

import type { OneOfKinds } from '../../../schemas/define.ts'
import { forwardStream } from '../config.ts'
import { systems as readers } from '../consume/systems.ts'
import { forwardAll } from '../service.ts'
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

const tailrace: RunSystem<ForwardOptions> = (options, stopwatch) => {
  const stream = { ...forwardStream(options), steps: [...(options.steps ?? [])] }
  return forwardAll({ ...options, stream }, stopwatch)
}

export const systems = { tailrace, 'plain loop': plainLoop, 'kafkajs alone': readers.kafkajs }
