// `tailrace where`: what became of a device's messages, for whoever asks "was it delivered?".

import { type Command, Option } from 'commander'
import { configOption } from '../shared/stream.ts'
import { duration, wholeNumber } from '../terminal/values.ts'
import type { WhereOptions } from './where.ts'

const examples = `
Examples:
  tailrace where acme --device 862552046671133             its last messages, and what became of each
  tailrace where acme --device 862552046671133 --since 24h --limit 50
  tailrace where acme --device 862552046671133 --json      one JSON object

A message is delivered, owed (it waits in Kafka for its turn), held (its device waits because the target refuses it), a dead
letter, or settled: nothing is owed on it, and it is not known whether it was delivered, or left out by a step, by from and
where, or as too old. Receipts (receipts: {} of the stream) know it of each message; a ledger (ledger: {}) of the last that
was delivered, and of those before it where the stream leaves nothing out. It is read from Kafka, so it does not matter
whether the stream runs, or where; why a stream does not go on is told where a process on this machine runs it, by its admin
listener.

Exit codes: 0 shown; 1 nothing is known of this device; 2 the command line or the configuration is not valid; 3 Kafka
cannot be reached, or refuses.`

export function whereCommand(program: Command): void {
  program
    .command('where')
    .description('Show what became of the messages of a device.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .requiredOption('--device <ident>', 'the device')
    .addOption(
      new Option('--since <duration>', 'look so far back for its messages')
        .argParser(duration)
        .default(3_600_000, '1h')
    )
    .addOption(
      new Option('--limit <number>', 'messages to show').argParser(wholeNumber(1, 10_000)).default(10)
    )
    .option('--every-partition', 'look for it in all partitions: for producers with another partitioner')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (stream: string, options: WhereOptions) => {
      const { where } = await import('./where.ts')
      await where(stream, options)
    })
}
