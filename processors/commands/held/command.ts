// `tailrace held`: shows which devices of a stream wait and why, and lets a person release or discard them.

import type { Command } from 'commander'
import { configOption } from '../shared/stream.ts'
import type { HeldCommandOptions } from './held.ts'

const examples = `
Examples:
  tailrace held acme                                who waits, since when, how much, and why
  tailrace held acme --release 862552046671133      try this device now, not after its back-off
  tailrace held acme --discard 862552046671133      put what waits of it into the dead letters
  tailrace held acme --json                         one line of JSON each

A device waits because the target refuses it (onDeviceReject: hold), or because it lacks an attribute that the stream requires
(requires): that is tried when the attributes change. It is tried again by itself, after a back-off that
grows up to held.maxDelayMs, and what waits goes out in order once it is taken. A release or discard is written into the
held topic: a stream that runs does it at once, one that does not when it starts.

Exit codes: 0 shown or written, also if nothing waits; 1 the device does not wait, or the answer was no; 2 the command line
or the configuration is not valid, or --yes is missing where nobody can be asked; 3 Kafka cannot be reached, or refuses.`

export function heldCommand(program: Command): void {
  program
    .command('held')
    .description('Show the devices of a stream that wait, or release or discard one.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .option('--release <ident...>', 'try these devices now')
    .option('--discard <ident...>', 'put what waits of these devices into the dead letters')
    .option('--yes', 'discard without asking')
    .option('--json', 'print one line of JSON for each device')
    .addHelpText('after', examples)
    .action(async (stream: string, options: HeldCommandOptions) => {
      const { held } = await import('./held.ts')
      await held(stream, options)
    })
}
