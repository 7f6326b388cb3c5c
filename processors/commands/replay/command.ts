// `tailrace replay`: sends messages of a past time once more, beside the live traffic.

import { type Command, Option } from 'commander'
import { configOption } from '../shared/stream.ts'
import { rate } from '../terminal/values.ts'
import { moment } from './moment.ts'
import type { ReplayOptions } from './replay.ts'

const examples = `
Examples:
  tailrace replay acme --device 862552046671133 --from 10:00 --to 12:00   two hours of today (UTC)
  tailrace replay acme --device 862552046671133 --from 2026-01-31T08:00:00Z --to 2026-01-31T09:30:00Z
  tailrace replay acme --from 2h --rate 500/s         all devices, from two hours ago until now
  tailrace replay acme --device 86... --from 2h --target bolt   to the target of another stream
  tailrace replay acme --device 86... --from 2h --dry-run       only says how much that would be

It first counts what would be sent, and asks. Messages go out in order among themselves, device by device, but not
against the live traffic, which goes on beside it: a receiver may get an old position after a newer one. What is sent is
marked (HTTP: the header tailrace-replay; MQTT 5: a user property of that name). The stream's own place, its rate limit
and its time to live are not touched. What the target refuses goes to the stream's dead letters; nothing waits as held.

A replay that was broken off goes on where it stopped when the same command, with absolute times, is given again: it
prints that command. How far it got is kept in Kafka as the offsets of a group of its own, <group>.replay.<name>.

Exit codes: 0 all was sent, or nothing was to be sent; 1 broken off, or the answer was no, or something was refused;
2 the command line or the configuration is not valid, or --yes is missing where nobody can be asked; 3 Kafka cannot be
reached, or refuses.`

export function replayCommand(program: Command): void {
  const nowMs = Date.now()
  const time = (flags: string, text: string) => new Option(flags, text).argParser(moment(nowMs))
  program
    .command('replay')
    .description('Send messages of a past time once more, beside the live traffic.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .option('--device <ident...>', 'only these devices')
    .addOption(time('--from <time>', 'messages that Kafka got at or after this time').makeOptionMandatory())
    .addOption(time('--to <time>', 'and before this time').default(nowMs, 'now'))
    .option('--target <stream>', 'send to the target of this stream instead')
    .addOption(
      new Option('--rate <rate>', 'messages per second, at most').argParser(rate).default(50, '50/s')
    )
    .option(
      '--every-partition',
      'look for the devices in all partitions: for producers with another partitioner'
    )
    .option('--again', 'from the beginning, also what was sent by this replay before')
    .option('--dry-run', 'count and tell, send nothing')
    .option('--yes', 'send without asking')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', examples)
    .action(async (stream: string, options: ReplayOptions) => {
      const { replay } = await import('./replay.ts')
      await replay(stream, options)
    })
}
