// `tailrace run`: what production runs. Reads the configuration, runs its service, and drains it on SIGTERM or Ctrl-C.

import { type Command, Option } from 'commander'
import { systemClock } from '../../connectors/clock.ts'
import type { Level } from '../../schemas/events.ts'
import { packageVersion } from './package-root.ts'
import { fired } from './terminal/interrupt.ts'

interface RunOptions {
  readonly logLevel: Level
  readonly json?: true
}

const examples = `
Examples:
  tailrace run tailrace.yaml                    one file
  tailrace run /etc/tailrace                    every .yaml and .yml file of a folder, as one configuration
  tailrace run --log-level debug tailrace.yaml  also why single attempts failed
  tailrace run tailrace.yaml | pino-pretty      logs are JSON unless they go to a terminal

SIGTERM or Ctrl-C drains: what is in flight is confirmed and committed, nothing else is begun. A second one ends the
process at once; what was in flight then is sent again by the next one.

Exit codes: 0 stopped in order, 1 it failed, 2 the configuration is not valid, 3 it could not start: a port in use,
credentials that Kafka refuses, a file that cannot be read. A Kafka that cannot be reached is waited for.`

export function runCommand(program: Command): void {
  const levels: Level[] = ['debug', 'info', 'warn', 'error']
  program
    .command('run')
    .description('Run the channels and streams of a configuration.')
    .argument('<path>', 'a YAML file, or a folder of them')
    .addOption(new Option('--log-level <level>', 'least level to log').choices(levels).default('info'))
    .option('--json', 'log as JSON on a terminal too')
    .addHelpText('after', examples)
    .action(run)
}

async function run(path: string, options: RunOptions): Promise<void> {
  const [{ registry }, { loadConfig }, { openLog }, { kafkaLog }, { Service }, { watchProcess }] =
    await Promise.all([
      import('../../connectors/registry.ts'),
      import('../service/config/load.ts'),
      import('../service/log.ts'),
      import('../../connectors/kafka/log/kafkajs/log.ts'),
      import('../service/service.ts'),
      import('../service/shutdown.ts')
    ])
  const { config, mask } = loadConfig(path, { registry, env: process.env })
  const destination = process.stdout
  const pretty = destination.isTTY === true && options.json !== true
  const log = await openLog({ level: options.logLevel, pretty, mask, destination })
  const clock = systemClock
  const shutdown = watchProcess(process, log)
  const service = new Service(config, {
    clock,
    log,
    registry,
    version: packageVersion(),
    mask,
    openLog: env => kafkaLog(config.kafka, { clock, log, ...env })
  })
  try {
    await Promise.race([service.start(), fired(shutdown.signal)])
    await fired(shutdown.signal)
  } catch (error) {
    throw mask.error(error)
  } finally {
    await service.stop(config.drainTimeoutMs)
    shutdown.dispose()
    // Whatever a hung connection still holds open must not keep the process.
    setTimeout(() => process.exit(), 1_000).unref()
  }
}
