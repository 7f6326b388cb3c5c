// `tailrace offsets`: shows where a stream stands, and moves it while it runs nowhere.

import { type Command, Option } from 'commander'
import { configOption } from '../shared/stream.ts'
import { addDestination, type Destination } from './destination.ts'
import type { OffsetsOptions } from './offsets.ts'

const examples = `
Examples:
  tailrace offsets acme                             where it stands, per partition, who runs it, and why it waits
  tailrace offsets acme --to latest                 skip the backlog
  tailrace offsets acme --to earliest               repeat all that Kafka still holds
  tailrace offsets acme --to 2026-01-31T08:00:00Z   go on with what Kafka got at or after this time
  tailrace offsets acme --to fleet/3=1200           one partition only; may be given several times
  tailrace offsets acme --to latest --yes           without asking, for scripts

Before anything is moved it says how many messages would be repeated or skipped, how many Kafka has deleted, and asks. Offsets
are moved only while the stream runs nowhere: stop every process that runs it first.

Exit codes: 0 shown or moved; 1 not moved, because the stream is running or the answer was no; 2 the command line or the
configuration is not valid, or --yes is missing where nobody can be asked; 3 Kafka cannot be reached, or refuses.`

export function offsetsCommand(program: Command): void {
  program
    .command('offsets')
    .description('Show where a stream stands, or move it.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .addOption(
      new Option('--to <where>', 'move it to: latest, earliest, a time, or topic/partition=offset').argParser(
        (text: string, before?: Destination) => addDestination(text, before)
      )
    )
    .option('--yes', 'move without asking')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (stream: string, options: OffsetsOptions) => {
      const { offsets } = await import('./offsets.ts')
      await offsets(stream, options)
    })
}
