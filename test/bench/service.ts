// A service under a benchmark, in the benchmark's own process: as `tailrace run` runs it, metrics and all, but silent.

import { systemClock } from '../../connectors/clock.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import { registry } from '../../connectors/registry.ts'
import { Mask } from '../../connectors/shared/mask.ts'
import type { LogEnv } from '../../processors/service/parts.ts'
import { Service } from '../../processors/service/service.ts'
import type { Config } from '../../schemas/config.ts'
import type { StreamConfig } from '../../schemas/stream.ts'
import { serviceConfig } from './config.ts'
import type { Measurement } from './measure.ts'
import type { Stopwatch } from './stopwatch.ts'

export async function startService(config: Config): Promise<Service> {
  const openLog = (env: LogEnv) => kafkaLog(config.kafka, { log: () => {}, clock: systemClock, ...env })
  const parts = {
    clock: systemClock,
    log: () => {},
    registry,
    version: 'bench',
    folder: '.',
    mask: new Mask([]),
    openLog
  }
  const service = new Service(config, parts)
  await service.start()
  return service
}

export interface ForwardAll {
  readonly brokers: string[]
  readonly topic: string
  readonly partitions: number
  readonly messages: number
  readonly stream: StreamConfig
  /** It is measured from when so many are done; default: from the first that it reads. */
  readonly warmUpMessages?: number
}

/** How often the service is asked whether it is done: a small part of the shortest run. */
const pollMs = 50

/** Runs a service until its stream is done with all messages of the topic. */
export async function forwardAll(options: ForwardAll, stopwatch: Stopwatch): Promise<Measurement> {
  const { brokers, topic, partitions, messages, stream, warmUpMessages = 0 } = options
  const config = serviceConfig({ brokers, topics: [{ topic, partitions }], streams: { forward: stream } })
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
