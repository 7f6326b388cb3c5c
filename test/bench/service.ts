// A service under a benchmark, in the benchmark's own process: as `tailrace run` runs it, metrics and all, but silent.

import { systemClock } from '../../connectors/clock.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import { registry } from '../../connectors/registry.ts'
import { Mask } from '../../connectors/shared/mask.ts'
import type { LogEnv } from '../../processors/service/parts.ts'
import { Service } from '../../processors/service/service.ts'
import type { Config } from '../../schemas/config.ts'

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
