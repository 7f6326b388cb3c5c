// `tailrace receipts`: what was delivered when and with which answer, for who has to prove it.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { configOption, type StreamOption } from '../shared/stream.ts'
import { timeOrAgo, wholeNumber } from '../terminal/values.ts'
import type { ListOptions } from './list.ts'
import type { Head, VerifyOptions } from './verify.ts'

const verifyExamples = `
Examples:
  tailrace receipts verify acme                            reads Kafka, and prints the head of every partition
  tailrace receipts verify acme --head 0=3f1b... --json    that hash has to be in the chain of partition 0
  tailrace receipts verify --file receipts.jsonl           a file that was exported; needs neither Kafka nor configuration

A receipt holds the hash of the one before it, so no byte of any can be changed, and none be taken out, without a break. Only
what is cut off at the end leaves none: keep the heads elsewhere now and then, and name them with --head. Void records are of
a process that had lost its partition; nothing was settled for them. Of what retention has taken from the beginning nothing
can be said.

Exit codes: 0 whole; 1 broken, with the place; 2 the command line or the configuration is not valid; 3 Kafka cannot be
reached, or refuses.`

const exportExamples = `
Examples:
  tailrace receipts export acme > receipts.jsonl    all that Kafka holds, with the very bytes of each receipt`

const listExamples = `
Examples:
  tailrace receipts list acme --device 862552046671133 --since 24h    what was delivered of a device, oldest first
  tailrace receipts list acme --limit 20 --json                       one line of JSON for each`

export function receiptsCommand(program: Command): void {
  const command = program
    .command('receipts')
    .description('Show, export or verify the receipts of what was delivered.')
  command
    .command('verify')
    .description('Verify that the receipts are what was written.')
    .argument('[stream]', 'the name of the stream')
    .option(...configOption)
    .option('--file <path>', 'a file that was exported, instead of a stream')
    .addOption(
      new Option('--head <partition=hash>', 'a hash that has to be in the chain; several times')
        .argParser(head)
        .default(undefined)
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', verifyExamples)
    .action(async (stream: string | undefined, options: VerifyOptions) => {
      const { verify } = await import('./verify.ts')
      await verify(stream, options)
    })
  command
    .command('export')
    .description('Print all receipts, one line of JSON for each.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .addHelpText('after', exportExamples)
    .action(async (stream: string, options: StreamOption) => {
      const { exportAll } = await import('./list.ts')
      await exportAll(stream, options)
    })
  addList(command)
}

function addList(command: Command): void {
  command
    .command('list')
    .description('List receipts, oldest first.')
    .argument('<stream>', 'the name of the stream')
    .option(...configOption)
    .option('--device <ident>', 'only those of this device')
    .addOption(
      new Option('--since <time>', 'only those since then: a time, or how long ago').argParser(
        timeOrAgo(Date.now())
      )
    )
    .addOption(
      new Option('--limit <number>', 'at most so many, the newest')
        .argParser(wholeNumber(1, 1e6))
        .default(100)
    )
    .option('--json', 'print one line of JSON for each')
    .addHelpText('after', listExamples)
    .action(async (stream: string, options: ListOptions) => {
      const { list } = await import('./list.ts')
      await list(stream, options)
    })
}

function head(text: string, before: readonly Head[] = []): Head[] {
  const [, partition, hash] = /^(\d+)=([0-9a-f]{64})$/.exec(text) ?? []
  if (hash === undefined) throw new InvalidArgumentError('A head is a partition and its hash: 0=3f1b...')
  return [...before, { partition: Number(partition), hash }]
}
