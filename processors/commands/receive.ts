// `tailrace receive`: an HTTP receiver that shows what arrives and can misbehave on purpose, to see a stream cope.

import { type Command, Option } from 'commander'
import type { ReceiveOptions } from './receive/run.ts'
import { untilInterrupted } from './terminal/interrupt.ts'
import { duration, share, wholeNumber } from './terminal/values.ts'

const examples = `
Examples:
  tailrace receive                              take everything on port 8090 and show it
  tailrace receive --port 0 --json              a free port, one line of JSON a second
  tailrace receive --fail 5% --latency 200ms    answer late, and 503 to one request in twenty
  tailrace receive --down-after 10s             be away for half a minute, and see the buffer work
  tailrace receive --reset 1% --hang 1%         leave the sender in doubt about what arrived
  tailrace receive --save arrived.ndjson        keep what arrived, written before it is confirmed`

export function receiveCommand(program: Command): void {
  const option = <T>(flags: string, text: string, parse: (value: string) => T) =>
    new Option(flags, text).argParser(parse)
  program
    .command('receive')
    .description('Start an HTTP receiver that shows what arrives and misbehaves if asked to.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(option('--port <number>', 'port; 0 takes a free one', wholeNumber(0, 65_535)).default(8090))
    .addOption(option('--status <code>', 'status of the ordinary answer', wholeNumber(200, 599)).default(200))
    .addOption(
      option('--latency <duration>', 'wait this long before each answer', duration).default(0, '0ms')
    )
    .addOption(option('--fail <share>', 'answer 503 to this share of the requests', share).default(0, '0%'))
    .addOption(option('--reset <share>', 'cut the connection instead of answering', share).default(0, '0%'))
    .addOption(option('--hang <share>', 'never answer', share).default(0, '0%'))
    .addOption(option('--down-after <duration>', 'stop listening after this time', duration))
    .addOption(
      option('--up-after <duration>', 'then listen again after this time', duration).default(30_000, '30s')
    )
    .option('--save <file>', 'append every message to this file, one a line')
    .option('--json', 'print one line of JSON with the counts every second, and one at the end')
    .option('--quiet', 'print the address and the summary only')
    .addHelpText('after', examples)
    .action(async (options: ReceiveOptions) => {
      const { receive } = await import('./receive/run.ts')
      await untilInterrupted(signal => receive(options, signal))
    })
}
