// `tailrace watch`: looks on while a stream works.

import type { Command } from 'commander'
import { configOption } from '../shared/stream.ts'
import type { WatchOptions } from './watch.ts'

const examples = `
Examples:
  tailrace watch acme                              everything that the stream does, as it happens
  tailrace watch acme --device 862552046671133     one device
  tailrace watch acme --url http://127.0.0.1:9191  a process whose admin listener is elsewhere
  kubectl exec deploy/tailrace -- tailrace watch acme --config /etc/tailrace
  tailrace watch acme --json                       one line of JSON for each event

It shows the state of the stream, with the reason where it does not go on, and then what is read, what is sent, what the
target answers, and what is held, set aside or too old. It looks into one process on this machine, through its admin listener
(listen.admin, and listen.adminToken if that is set); other processes of the same stream have other partitions. Who reads too
slowly misses lines and is told how many; the stream does not wait.

Exit codes: 0 ended by Ctrl-C or with the process; 1 the stream does not run there, or looking on is not allowed; 2 the
command line or the configuration is not valid; 3 nothing answers there.`

export function watchCommand(program: Command): void {
  program
    .command('watch')
    .description('Look on while a stream works.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .option('--device <ident>', 'only this device')
    .option('--url <url>', 'the admin listener; default: that of the configuration')
    .option('--json', 'print one line of JSON for each event')
    .addHelpText('after', examples)
    .action(async (stream: string, options: WatchOptions) => {
      const { watch } = await import('./watch.ts')
      await watch(stream, options)
    })
}
