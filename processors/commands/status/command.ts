// `tailrace status`: what a process does, on one screen.

import type { Command } from 'commander'
import { configOption } from '../shared/stream.ts'
import type { StatusOptions } from './status.ts'

const examples = `
Examples:
  tailrace status                                 the process of tailrace.yaml on this machine
  tailrace status --url http://127.0.0.1:9191     a process whose admin listener is elsewhere
  kubectl exec deploy/tailrace -- tailrace status --config /etc/tailrace
  tailrace status --json                          all of it, as one line of JSON: what GET /status answers
  tailrace status > /dev/null || echo "look at it"

One line for each stream: its state, how many messages wait and how old the oldest of them is, what is held, what was set aside
since the process started, and, where it does not go on, the code of the reason and when it is tried again; below that the
reasons in words. It shows one process; other processes of the same streams have other partitions.

Exit codes: 0 nothing needs a person; 1 a stream or a source is halted, or a changed configuration was refused; 2 the command
line or the configuration is not valid; 3 nothing answers there.`

export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('Show what the process does that runs here.')
    .option(...configOption)
    .option('--url <url>', 'the admin listener; default: that of the configuration')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', examples)
    .action(async (options: StatusOptions) => {
      const { status } = await import('./status.ts')
      await status(options)
    })
}
