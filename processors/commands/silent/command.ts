// `tailrace silent`: shows which devices of a stream have been silent for too long.

import type { Command } from 'commander'
import { configOption } from '../shared/stream.ts'
import { duration } from '../terminal/values.ts'
import type { SilentCommandOptions } from './silent.ts'

const examples = `
Examples:
  tailrace silent acme               of which devices nothing has come for longer than silence.afterSeconds
  tailrace silent acme --after 1h    for longer than an hour
  tailrace silent acme --json        one line of JSON each

The stream has to say "silence: {}": then it is kept when each device was heard. Devices of the attributes that the stream wants
are listed although they were never heard, once the stream has listened for that long. What lies in the channels unread counts
as heard, so the answer is the same whether the stream runs or not. What is said in the channel counts, not what was delivered.

Exit codes: 0 shown, also if nobody is silent; 2 the command line or the configuration is not valid, or the stream keeps no
record; 3 Kafka cannot be reached, or refuses.`

export function silentCommand(program: Command): void {
  program
    .command('silent')
    .description('Show the devices of a stream of which nothing has come for long.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .option('--after <duration>', 'how long; default: silence.afterSeconds of the stream', duration)
    .option('--json', 'print one line of JSON for each device')
    .addHelpText('after', examples)
    .action(async (stream: string, options: SilentCommandOptions) => {
      const { silent } = await import('./silent.ts')
      await silent(stream, options)
    })
}
