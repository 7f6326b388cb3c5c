// `tailrace dead-letters`: shows the messages that a stream's target refused for good, or that a source could not read,
// and why.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { errors } from '../../../schemas/errors.ts'
import { configOption } from '../shared/stream.ts'
import { rate, timeOrAgo, wholeNumber } from '../terminal/values.ts'
import type { ListOptions } from './list.ts'
import { channelOption } from './owner.ts'
import type { ResendOptions } from './resend.ts'
import type { Place, ShowOptions } from './show.ts'

const listExamples = `
Examples:
  tailrace dead-letters list acme                              the newest 100
  tailrace dead-letters list acme --since 24h                  those of the last day
  tailrace dead-letters list acme --code http_too_large        those with this reason
  tailrace dead-letters list acme --device 862552046671133     those of one device
  tailrace dead-letters list acme --json --limit 1000000       one line of JSON each, oldest first
  tailrace dead-letters list fleet --channel                   what the sources of a channel could not read

Exit codes: 0 shown, also if there are none; 2 the command line or the configuration is not valid; 3 Kafka cannot be
reached, or refuses.`

const showExamples = `
Examples:
  tailrace dead-letters show acme 0:42          its reason, its origin and the message
  tailrace dead-letters show acme 0:42 --raw    the very bytes of the message and nothing else
  tailrace dead-letters show acme 0:42 --json   all of it as one JSON object

The place is the first column of the list. Exit codes as of list, and 1 when there is no such dead letter.`

const resendExamples = `
Examples:
  tailrace dead-letters resend acme --dry-run            how many would be resent
  tailrace dead-letters resend acme --since 24h          those of the last day
  tailrace dead-letters resend acme --code http_rejected --device 862552046671133
  tailrace dead-letters resend acme --rate 50/s --yes    slowly, and without asking, for scripts

Each goes to the target of this stream only, behind what waits of its device. One that is refused again comes back as a
dead letter with its count raised, and is not resent by itself. A letter is resent once: run the command again after it
was broken off, and it goes on where it stopped. --again also takes letters that were resent before, and those that came
back three times. Where the stream has ttlSeconds, letters whose message is older expire instead.

Exit codes: 0 resent, also if there were none; 1 not resent, because the answer was no or Kafka did not take them; 2 the
command line or the configuration is not valid, or --yes is missing where nobody can be asked; 3 Kafka cannot be reached,
or refuses.`

export function deadLettersCommand(program: Command): void {
  const command = program
    .command('dead-letters')
    .description(
      'Show the messages that a target refused for good or a source could not read, or resend them.'
    )
  const option = <T>(flags: string, text: string, parse: (value: string) => T) =>
    new Option(flags, text).argParser(parse)
  const time = timeOrAgo(Date.now())
  command
    .command('list')
    .description('List the dead letters of a stream or channel, oldest first.')
    .argument('<name>', 'the name of the stream')
    .option(...channelOption)
    .option(...configOption)
    .addOption(option('--code <code>', 'only those with this reason', knownCode))
    .option('--device <ident>', 'only those of this device')
    .addOption(option('--since <time>', 'only those set aside since then: a time, or how long ago', time))
    .addOption(option('--until <time>', 'only those set aside before', time))
    .addOption(option('--limit <number>', 'at most so many, the newest', wholeNumber(1, 1e9)).default(100))
    .option('--json', 'print one line of JSON for each')
    .addHelpText('after', listExamples)
    .action(async (name: string, options: ListOptions) => {
      const { list } = await import('./list.ts')
      await list(name, options)
    })
  addShow(command)
  addResend(command)
}

function addShow(command: Command): void {
  command
    .command('show')
    .description('Show one dead letter whole.')
    .argument('<name>', 'the name of the stream')
    .argument('<partition:offset>', 'its place in the dead-letter topic', placeOf)
    .option(...channelOption)
    .option(...configOption)
    .addOption(new Option('--raw', 'print the bytes of the message only').conflicts('json'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', showExamples)
    .action(async (name: string, place: Place, options: ShowOptions) => {
      const { show } = await import('./show.ts')
      await show(name, place, options)
    })
}

function addResend(command: Command): void {
  const time = timeOrAgo(Date.now())
  command
    .command('resend')
    .description('Hand dead letters back to the stream, for its target only.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .addOption(new Option('--code <code>', 'only those with this reason').argParser(knownCode))
    .option('--device <ident>', 'only those of this device')
    .addOption(new Option('--since <time>', 'only those set aside since then').argParser(time))
    .addOption(new Option('--until <time>', 'only those set aside before').argParser(time))
    .option('--dry-run', 'only say how many it would be')
    .addOption(new Option('--rate <rate>', 'at most so many: 50/s, 600/m').argParser(rate))
    .option('--again', 'also those that were resent before, or came back too often')
    .option('--yes', 'resend without asking')
    .option('--json', 'print one JSON object')
    .addHelpText('after', resendExamples)
    .action(async (stream: string, options: ResendOptions) => {
      const { resend } = await import('./resend.ts')
      await resend(stream, options)
    })
}

function knownCode(text: string): string {
  if (Object.hasOwn(errors, text)) return text
  throw new InvalidArgumentError('It is one of the codes of schemas/generated/errors.md.')
}

function placeOf(text: string): Place {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(text) ?? []
  if (partition === undefined || offset === undefined)
    throw new InvalidArgumentError('It is a partition and an offset: 0:42.')
  return { partition: Number(partition), offset: Number(offset) }
}
