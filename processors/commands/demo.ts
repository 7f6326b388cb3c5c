// `tailrace demo`, which `npm start` runs: the whole way of a message on one machine, to look at and to try out.

import type { Command } from 'commander'
import { untilInterrupted } from './terminal/interrupt.ts'

const examples = `
Examples:
  tailrace demo                                    a local Apache Kafka, gone afterwards
  KAFKA_BROKERS=127.0.0.1:9092 tailrace demo       an existing Kafka; the topic tailrace-demo stays there

On a terminal press s to stop the receiver and again to start it, and watch the messages wait in Kafka and go out
afterwards. Without a terminal send SIGUSR2 to the process instead. Ctrl-C ends it and leaves nothing behind.`

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('Run it all here: a local Kafka, a simulated fleet, one stream and a receiver.')
    .addHelpText('after', examples)
    .action(async () => {
      const { runDemo } = await import('./demo/run.ts')
      await untilInterrupted(runDemo)
    })
}
