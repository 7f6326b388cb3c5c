// A process of its own for one service: its configuration, its log, its signals, and the watch over its files.

import { systemClock } from '../../connectors/clock.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import { registry } from '../../connectors/registry.ts'
import type { Level, LogEvent } from '../../schemas/events.ts'
import { loadConfig, type ValidConfig } from './config/load.ts'
import { FileSet } from './config/reading/file-set.ts'
import { openLog } from './log.ts'
import { Reloader } from './reload/reloader.ts'
import { Service } from './service.ts'
import { watchProcess } from './shutdown.ts'

export interface ProcessOptions {
  /** Of the configuration: a file or a folder. */
  readonly path: string
  readonly level: Level
  /** Whether its files are read again when they change. */
  readonly watches: boolean
  /** Log lines are JSON on a terminal too. */
  readonly isPlain: boolean
  readonly version: string
}

/**
 * Runs the service until a signal asks for its end, and drains it. Throws a FaultError when the configuration is not
 * valid or the service cannot start.
 */
export async function runService(options: ProcessOptions): Promise<void> {
  const files = new FileSet()
  const loaded = loadConfig(options.path, { registry, env: process.env, files })
  const { mask } = loaded
  const destination = process.stdout
  const pretty = destination.isTTY === true && !options.isPlain
  const log = await openLog({ level: options.level, pretty, mask, destination })
  const service = createService(loaded, log, options.version)
  const watched = { path: options.path, registry, env: process.env, files, mask, clock: systemClock, log }
  const reloader = new Reloader({ ...watched, service })
  const reread = process.stdin.isTTY ? null : () => void reloader.now()
  const shutdown = watchProcess(process, { log, reread })
  const asked = new Promise(resolve => shutdown.signal.addEventListener('abort', resolve, { once: true }))
  try {
    await Promise.race([service.start(), asked])
    reloader.start({ watches: options.watches })
    await asked
  } catch (error) {
    throw mask.error(error)
  } finally {
    reloader.stop()
    await service.stop(service.drainTimeoutMs)
    shutdown.dispose()
    // Whatever a hung connection still holds open must not keep the process.
    setTimeout(() => process.exit(), 1_000).unref()
  }
}

function createService({ config, folder, mask }: ValidConfig, log: LogEvent, version: string): Service {
  const clock = systemClock
  return new Service(config, {
    clock,
    log,
    registry,
    version,
    folder,
    mask,
    openLog: env => kafkaLog(config.kafka, { clock, log, ...env })
  })
}
