// `tailrace certify`: the contract of a stream in practice, whatever its target does.

import type { Command } from 'commander'
import { configOption } from '../shared/stream.ts'
import type { CertifyOptions } from './certify.ts'

const examples = `
Examples:
  tailrace certify acme                        what becomes of each message when its target misbehaves
  tailrace certify acme --config staging.yaml
  tailrace certify acme --json                 one JSON object

The stream runs with its own settings and its own target, as in "tailrace test": Kafka is played in memory, the other side
misbehaves as told, time is virtual, and nothing is sent anywhere. Secrets need not be there. Nine messages of three devices
are sent: a1..a3, b1..b3 and c1 at once, a4 and b4 five seconds later; each case is followed until nothing is left to do, or
for an hour. They are of devices that "from" and "where" take, with the attributes of a device in the files of "attributes" that
has what the stream requires, else with made-up ones, and with positions where steps ask for them. Where even so a target that
accepts everything gets no message, nothing can be shown, and it is told why.

Exit codes: 0 in every case each message came to exactly one end and each device kept its order; 1 not so, which is a
defect of Tailrace, or nothing was sent, and so nothing is shown; 2 the command line or the configuration is not valid; 3 it
cannot be read.`

export function certifyCommand(program: Command): void {
  program
    .command('certify')
    .description('Show what becomes of messages when the target of a stream misbehaves.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (stream: string, options: CertifyOptions) => {
      const { certify } = await import('./certify.ts')
      await certify(stream, options)
    })
}
