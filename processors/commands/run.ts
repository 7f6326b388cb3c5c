// `tailrace run`: what production runs. Reads the configuration, runs its service, and drains it on SIGTERM or Ctrl-C.

import { type Command, Option } from 'commander'
import type { Level } from '../../schemas/events.ts'
import { packageVersion } from './package-root.ts'
import { configArgument } from './shared/stream.ts'

interface RunOptions {
  readonly logLevel: Level
  readonly watch: boolean
  readonly json?: true
}

const examples = `
Examples:
  tailrace run                                  tailrace.yaml of the current folder
  tailrace run /etc/tailrace                    every .yaml and .yml file of a folder, as one configuration
  tailrace run --log-level debug                also why single attempts failed
  tailrace run | pino-pretty                    logs are JSON unless they go to a terminal

A change of the files, also of those that \${file:path} names, is applied within two or three seconds: streams that it does
not concern go on, the others finish what is in flight and start anew ("tailrace plan" shows which). A mistake, or a change
of kafka, listen or memory, is refused as a whole, and the configuration before stays in force. SIGHUP reads the files at once.

SIGTERM or Ctrl-C drains: what is in flight is confirmed and committed, nothing else is begun. A second one ends the
process at once; what was in flight then is sent again by the next one.

Exit codes: 0 stopped in order, 1 it failed, 2 the configuration is not valid, 3 it could not start: a port in use,
credentials that Kafka refuses, a file that cannot be read. A Kafka that cannot be reached is waited for.`

export function runCommand(program: Command): void {
  const levels: Level[] = ['debug', 'info', 'warn', 'error']
  program
    .command('run')
    .description('Run the channels and streams of a configuration.')
    .argument(...configArgument)
    .addOption(new Option('--log-level <level>', 'least level to log').choices(levels).default('info'))
    .option('--no-watch', 'read the files again at a SIGHUP only, not when they change')
    .option('--json', 'log as JSON on a terminal too')
    .addHelpText('after', examples)
    .action(run)
}

async function run(path: string, { logLevel, watch, json }: RunOptions): Promise<void> {
  const { runService } = await import('../service/process.ts')
  await runService({
    path,
    level: logLevel,
    watches: watch,
    isPlain: json === true,
    version: packageVersion()
  })
}
