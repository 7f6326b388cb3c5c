#!/usr/bin/env node
// The executable: reads the command line, runs one command, and turns what it throws into one message and an exit
// code. Commands import what they need when they run, so that --help is quick.

import { Command, CommanderError } from 'commander'
import { FaultError, messageOf } from '../schemas/errors.ts'
import { certifyCommand } from './commands/certify/command.ts'
import { checkCommand } from './commands/check/check.ts'
import { deadLettersCommand } from './commands/dead-letters/command.ts'
import { demoCommand } from './commands/demo.ts'
import { heldCommand } from './commands/held/command.ts'
import { initCommand } from './commands/init.ts'
import { kafkaCommand } from './commands/kafka.ts'
import { offsetsCommand } from './commands/offsets/command.ts'
import { packageVersion } from './commands/package-root.ts'
import { planCommand } from './commands/plan.ts'
import { proveCommand } from './commands/prove/command.ts'
import { receiptsCommand } from './commands/receipts/command.ts'
import { receiveCommand } from './commands/receive.ts'
import { replayCommand } from './commands/replay/command.ts'
import { runCommand } from './commands/run.ts'
import { silentCommand } from './commands/silent/command.ts'
import { simulateCommand } from './commands/simulate.ts'
import { statusCommand } from './commands/status/command.ts'
import { testCommand } from './commands/test/command.ts'
import { tryCommand } from './commands/try/command.ts'
import { watchCommand } from './commands/watch/command.ts'
import { whereCommand } from './commands/where/command.ts'

/** Commands add themselves to the program here, in the order in which --help lists them. */
const commands: ((program: Command) => void)[] = [
  runCommand,
  checkCommand,
  planCommand,
  tryCommand,
  testCommand,
  certifyCommand,
  initCommand,
  statusCommand,
  watchCommand,
  whereCommand,
  deadLettersCommand,
  heldCommand,
  silentCommand,
  receiptsCommand,
  offsetsCommand,
  replayCommand,
  kafkaCommand,
  simulateCommand,
  receiveCommand,
  proveCommand,
  demoCommand
]

// Whoever reads the output has read enough, as in `tailrace dead-letters list acme | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const program = new Command('tailrace')
  .description('Forwards telemetry messages from Kafka to the platforms that want them, and loses none.')
  .version(packageVersion())
  .showHelpAfterError('(add --help for the options and examples)')
  .exitOverride()
for (const add of commands) add(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (!(error instanceof FaultError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : messageOf(error)}\n`)
    return 1
  }
  const hint = error.spec.hint === undefined ? '' : `\n${error.spec.hint}`
  process.stderr.write(`tailrace: ${error.message}${hint}\n`)
  return error.spec.exitCode ?? 1
}
