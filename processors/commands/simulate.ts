// `tailrace simulate`: a fleet of vehicles that reports into a channel over HTTP, at a rate of your choice.

import { type Command, Option } from 'commander'
import type { SimulateOptions } from './simulate/run.ts'
import { untilInterrupted } from './terminal/interrupt.ts'
import { rate, webUrl, wholeNumber } from './terminal/values.ts'

const examples = `
Examples:
  tailrace simulate                                  122 vehicles, 100 messages a second, until Ctrl-C
  tailrace simulate --rate 2000/s --devices 12200    a larger fleet
  tailrace simulate --count 9080 --as-is             the sample once, byte for byte, with its own times
  TAILRACE_TOKEN=... tailrace simulate --url https://tailrace.example/channels/fleet/messages

A token in TAILRACE_TOKEN does not show in the list of processes; one in --token does.

Like a good tracker it repeats what was not accepted, in order, and catches up after an outage.
The data is described in processors/commands/simulate/README.md.`

export function simulateCommand(program: Command): void {
  const option = <T>(flags: string, text: string, parse: (value: string) => T) =>
    new Option(flags, text).argParser(parse)
  program
    .command('simulate')
    .description('Send the messages of a simulated fleet to a channel.')
    .addOption(
      option('--url <url>', 'where to POST', webUrl).default('http://127.0.0.1:8080/channels/fleet/messages')
    )
    .addOption(option('--rate <rate>', 'messages per second, minute or hour', rate).default(100, '100/s'))
    .addOption(new Option('--token <token>', 'bearer token of the channel').env('TAILRACE_TOKEN'))
    .addOption(option('--count <number>', 'end after this many messages', wholeNumber(1, 1e12)))
    .addOption(option('--devices <number>', 'size of the fleet (default: 122)', wholeNumber(1, 122_000)))
    .addOption(
      new Option('--as-is', 'leave times and idents as they were').conflicts('devices').default(false)
    )
    .option('--json', 'print one line of JSON with the counts every second, and one at the end', false)
    .option('--quiet', 'print the summary only', false)
    .addHelpText('after', examples)
    .action(async (options: SimulateOptions) => {
      const { simulate } = await import('./simulate/run.ts')
      await untilInterrupted(signal => simulate(options, signal))
    })
}
