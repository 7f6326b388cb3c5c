// A process of its own for one service: its configuration, its log, its signals, and the watch over its files.

import { systemClock } from '../../connectors/clock.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import { registry } from '../../connectors/registry.ts'
import { Mask } from '../../connectors/shared/mask.ts'
import type { Config } from '../../schemas/config.ts'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { Level, LogEvent } from '../../schemas/events.ts'
import type { TracingEnv } from '../tracing/open-telemetry.ts'
import type { Tracing } from '../tracing/tracer.ts'
import { loadConfig, type ValidConfig } from './config/load.ts'
import { FileSet } from './config/reading/file-set.ts'
import { openLog } from './log.ts'
import type { ServiceParts } from './parts.ts'
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
  const loaded = await load(options, files)
  const { mask } = loaded
  const log = await openLogOf(options, mask)
  const { version } = options
  const tracing = await tracingOf(loaded.config, { clock: systemClock, log, version }).catch(error => {
    const failure = mask.error(error)
    tellFailure(options, log, failure)
    throw failure
  })
  const service = createService(loaded, { log, version, tracing })
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
    const failure = mask.error(error)
    tellFailure(options, log, failure)
    throw failure
  } finally {
    reloader.stop()
    await service.stop(service.drainTimeoutMs)
    shutdown.dispose()
    // Whatever a hung connection still holds open must not keep the process.
    setTimeout(() => process.exit(), 1_000).unref()
  }
}

/** Throws `config_invalid` or `config_unreadable`, after telling so in the log. */
async function load(options: ProcessOptions, files: FileSet): Promise<ValidConfig> {
  try {
    return loadConfig(options.path, { registry, env: process.env, files })
  } catch (error) {
    // Mistakes name places and never values, so nothing has to be masked.
    tellFailure(options, await openLogOf(options, new Mask([])), error)
    throw error
  }
}

function openLogOf({ level, isPlain }: ProcessOptions, mask: Mask): Promise<LogEvent> {
  const destination = process.stdout
  return openLog({ level, pretty: isForPeople({ isPlain }), mask, destination })
}

const isForPeople = ({ isPlain }: Pick<ProcessOptions, 'isPlain'>) =>
  process.stdout.isTTY === true && !isPlain

/** For whoever collects the log; people are told on standard error by the command. */
function tellFailure(options: ProcessOptions, log: LogEvent, error: unknown): void {
  if (isForPeople(options)) return
  const { code, spec } = error instanceof FaultError ? error : new FaultError('internal')
  const reasons = messageOf(error)
    .split('\n')
    .filter(line => line !== '')
  log('start_failed', { code, reasons, hint: spec.hint, exitCode: spec.exitCode ?? 1 })
}

/** The SDK is loaded only where tracing is configured. */
async function tracingOf({ tracing }: Config, env: TracingEnv): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined
  const { openTracing } = await import('../tracing/open-telemetry.ts')
  return openTracing(tracing, env)
}

function createService(
  { config, folder, mask }: ValidConfig,
  { log, ...parts }: Pick<ServiceParts, 'log' | 'version' | 'tracing'>
): Service {
  const clock = systemClock
  return new Service(config, {
    clock,
    log,
    registry,
    ...parts,
    folder,
    mask,
    openLog: env => kafkaLog(config.kafka, { clock, log, ...env })
  })
}
