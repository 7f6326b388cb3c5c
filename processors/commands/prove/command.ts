// `tailrace prove`: shows that messages come through a Tailrace that runs, all of them and in order. `helm test` runs it.

import { type Command, Option } from 'commander'
import { untilInterrupted } from '../terminal/interrupt.ts'
import { duration, webUrl, wholeNumber } from '../terminal/values.ts'
import type { ProveOptions } from './run.ts'

const examples = `
Examples:
  tailrace prove --send http://127.0.0.1:8080/channels/proof/messages --receive 8090
  tailrace prove --send https://tailrace.example/channels/proof/messages --token-file token --host 0.0.0.0
  tailrace prove --send http://127.0.0.1:8080/channels/proof/messages --messages 100000 --devices 500 --timeout 5m

It needs a stream that reads this channel and sends to this command, as an HTTP target with a JSON array:

  channels: { proof: { sources: [{ http: { tokens: ["\${file:token}"] } }] } }
  streams: { proof: { from: [proof], ttlSeconds: 600, target: { http: { url: "http://127.0.0.1:8090/" } } } }

Messages are of devices of their own, proof-<run>-<number>, so that several runs do not disturb each other. What is sent again
because an answer was lost arrives twice: that is told, and is no failure.

Exit codes: 0 all messages arrived, in the order of their devices; 1 not so, or the channel refuses them; 2 the command line is not
valid; 3 the port cannot be listened on, or the token not be read.`

export function proveCommand(program: Command): void {
  const option = <T>(flags: string, text: string, parse: (value: string) => T) =>
    new Option(flags, text).argParser(parse)
  program
    .command('prove')
    .description('Send messages through a running Tailrace to itself: do all arrive, in order?')
    .addOption(option('--send <url>', 'the channel to POST to', webUrl).makeOptionMandatory())
    .option('--token-file <file>', 'file with the bearer token of the channel')
    .option('--host <address>', 'address to receive on', '127.0.0.1')
    .addOption(
      option('--receive <port>', 'port to receive on; 0 takes a free one', wholeNumber(0, 65_535)).default(
        8090
      )
    )
    .addOption(option('--messages <number>', 'how many to send', wholeNumber(1, 10_000_000)).default(1000))
    .addOption(option('--devices <number>', 'of how many devices', wholeNumber(1, 100_000)).default(20))
    .addOption(
      option(
        '--timeout <duration>',
        'gives up once nothing was accepted or arrived for so long',
        duration
      ).default(60_000, '60s')
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', examples)
    .action(async (options: ProveOptions) => {
      const { prove } = await import('./run.ts')
      await untilInterrupted(signal => prove(options, signal))
    })
}
