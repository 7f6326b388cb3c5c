// `tailrace test`: what a stream does with the answers of its target, tested by its user.

import type { Command } from 'commander'
import type { TestOptions } from './test.ts'

const examples = `
Examples:
  tailrace test acme.test.yaml          every case of one file
  tailrace test tests/*.yaml            several files
  tailrace test --show acme.test.yaml   what happens in each case, to be copied into its "expect"
  tailrace test --json acme.test.yaml   one JSON object

A case of a file:
  cases:
    - case: a receiver that throttles is left alone as long as it says
      messages: [a1 b1, 10s a2]
      answers: [429 retry-after 7]
      expect:
        requests: ["0s a1 b1 -> 429 retry-after 7", "7s a1 b1 -> 200", "10s a2 -> 200"]
        offset: 3

The stream is the one that runs in production, with its own settings (config: tailrace.yaml, stream: acme); Kafka is
played in memory, the target answers what the case says, time is virtual, and a back-off lasts as long as it may at most.
Secrets need not be there. The whole form stands in processors/commands/test/README.md.

Exit codes: 0 all is as expected, 1 something is not, 2 a file is not valid, 3 a file cannot be read.`

export function testCommand(program: Command): void {
  program
    .command('test')
    .description('Test what a stream does with the answers of its target, in virtual time.')
    .argument('<file...>', 'YAML files with cases')
    .option('--show', 'print what happens in each case instead of comparing it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (paths: string[], options: TestOptions) => {
      const { test } = await import('./test.ts')
      await test(paths, options)
    })
}
