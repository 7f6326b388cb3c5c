// `tailrace try`: what an expression gives, or what the steps of a stream do, on messages.

import type { Command } from 'commander'
import { configOption } from '../shared/stream.ts'
import { wholeNumber } from '../terminal/values.ts'
import type { TryOptions } from './try.ts'

const examples = `
Examples:
  tailrace try 'round(position.speed / 3.6, 1)' --message '{"position.speed":80}'
  tailrace try 'din & 0x1' --file messages.jsonl               one JSON object a line, or a JSON array
  tailrace try 'position.speed > 60' --channel fleet --last 20 the last 20 messages of a channel
  tailrace try --stream acme --last 10                         the steps of a stream on its own last messages
  tailrace try --stream acme --message '{"ident":"862552046671133","timestamp":1681282189,"din":3}'
  tail -5 log.jsonl | tailrace try --stream acme --file -      messages from standard input

With an expression it prints the value for each message, and where there is none, why. With --stream it prints what changed
after each step: + added, - removed, ~ changed, and what is sent in the end. The messages go through the steps in their
order, so that what steps remember of a device counts from the first of them on. Nothing is sent, and nothing is written.

Exit codes: 0 it was evaluated, whatever came of it; 2 the expression, the steps or the command line are not valid; 3 Kafka or a
file cannot be reached.`

export function tryCommand(program: Command): void {
  program
    .command('try')
    .description('Evaluate an expression, or the steps of a stream, on messages.')
    .argument('[expression]', 'an expression; without one, --stream names whose steps to apply')
    .option(...configOption)
    .option('-s, --stream <name>', 'apply the steps of this stream')
    .option('-m, --message <json>', 'a message; may be given several times', collect, [])
    .option(
      '-f, --file <path>',
      'a file of messages, one JSON object a line or a JSON array; - is standard input'
    )
    .option('--channel <name>', 'take the last messages of this channel; default with --stream: its channels')
    .option('--last <count>', 'how many of them, at most 10,000; default: 10', wholeNumber(1, 10_000))
    .option('--json', 'print one JSON object for each message')
    .addHelpText('after', examples)
    .action(async (expression: string | undefined, options: TryOptions) => {
      const { tryOut } = await import('./try.ts')
      await tryOut(expression, options)
    })
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
