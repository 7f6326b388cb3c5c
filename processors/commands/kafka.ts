// `tailrace kafka`: a local Apache Kafka for trying Tailrace out and for developing against. Results go to standard
// output, progress to standard error; Ctrl-C stops it in order.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { LocalKafka } from '../../connectors/kafka/local/local.ts'
import { FaultError } from '../../schemas/errors.ts'
import { fired, untilInterrupted } from './terminal/interrupt.ts'

interface KafkaOptions {
  readonly nodes: '1' | '3'
  readonly data?: string
  readonly port?: number
  readonly json?: true
}

const examples = `
Examples:
  tailrace kafka                      one node on a free port, its data is gone afterwards
  tailrace kafka --port 9092          the address does not change from start to start
  tailrace kafka --data ./kafka-data  what was written is still there after a restart
  tailrace kafka --nodes 3            survives the loss of one node

Needs Java 17 or newer, and Maven the first time, to download Apache Kafka (44 MB).`

export function kafkaCommand(program: Command): void {
  program
    .command('kafka')
    .description('Start a local Apache Kafka, without Docker.')
    .addOption(new Option('--nodes <number>', 'how many nodes').choices(['1', '3']).default('1'))
    .option('--data <dir>', 'keep the data in this directory (default: temporary)')
    .addOption(
      new Option('--port <number>', 'port of the first broker (default: a free one)').argParser(portOf)
    )
    .option('--json', 'print one line of JSON with the brokers when they are ready')
    .addHelpText('after', examples)
    .action((options: KafkaOptions) => untilInterrupted(signal => serve(options, signal)))
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_533) return port
  throw new InvalidArgumentError('A port is a number from 1 to 65533.')
}

/** Runs Kafka until `signal` fires. Throws when it does not start, or ends by itself. */
async function serve(options: KafkaOptions, signal: AbortSignal): Promise<void> {
  const { startLocalKafka } = await import('../../connectors/kafka/local/local.ts')
  const kafka = await startLocalKafka({
    nodes: options.nodes === '3' ? 3 : 1,
    dataDir: options.data,
    firstPort: options.port,
    progress: line => process.stderr.write(`${line}\n`),
    signal
  })
  try {
    process.stdout.write(options.json ? `${JSON.stringify({ brokers: kafka.brokers })}\n` : usageOf(kafka))
    const fault = await Promise.race([kafka.crashed, fired(signal)])
    if (fault instanceof FaultError) throw fault
    process.stderr.write('Stopping Apache Kafka\n')
  } finally {
    await kafka.stop()
  }
}

function usageOf(kafka: LocalKafka): string {
  const brokers = kafka.brokers.join(',')
  return `
Apache Kafka is ready at ${brokers}

  export KAFKA_BROKERS=${brokers}

Press Ctrl-C to stop it.
`
}
