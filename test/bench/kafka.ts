// The Kafka of a benchmark, and a topic full of a fleet's messages on it.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock } from '../../connectors/clock.ts'
import { startLocalKafka } from '../../connectors/kafka/local/local.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import type { AppendRecord, Log } from '../../connectors/kafka/log/log.ts'
import { packageRoot } from '../../processors/commands/package-root.ts'
import type { BenchContext } from './bench.ts'

/** Lends `work` the brokers of KAFKA_BROKERS, or of a local Kafka that is gone afterwards. */
export async function withKafka<T>(
  { progress }: BenchContext,
  work: (brokers: string[]) => Promise<T>
): Promise<T> {
  const given = process.env.KAFKA_BROKERS
  if (given) return work(given.split(','))
  const kafka = await startLocalKafka({ progress })
  try {
    return await work([...kafka.brokers])
  } finally {
    await kafka.stop()
  }
}

/** Our log on these brokers; it says nothing. */
export function benchLog(brokers: string[]): Log {
  return kafkaLog({ brokers, clientId: 'bench' }, { log: () => {}, clock: systemClock })
}

export interface FleetTopic {
  readonly name: string
  readonly partitions: number
  readonly messages: number
  /** Numbers the copies of the fleet into the idents, for more devices than the sample has. Default: 1. */
  readonly copies?: number
}

const appendSize = 10_000

/** Creates a topic and fills it with the sample fleet's messages over and over, keyed by ident. */
export async function loadFleet(log: Log, topic: FleetTopic, { progress }: BenchContext): Promise<void> {
  progress(`loading ${topic.messages} messages`)
  const admin = log.admin()
  const { name, partitions } = topic
  await admin.createTopic({ name, partitions, replication: 1, settings: {} })
  await admin.close()
  const fleet = await fleetMessages()
  const producer = log.producer()
  for (let sent = 0; sent < topic.messages; sent += appendSize) {
    const count = Math.min(appendSize, topic.messages - sent)
    const records = Array.from({ length: count }, (_, index) =>
      recordAt(fleet, sent + index, topic.copies ?? 1)
    )
    await producer.append(name, records)
  }
  await producer.close(10_000)
}

/** The values of the sample, in order. */
export async function fleetMessages(): Promise<string[]> {
  const lines: string[] = []
  const input = createReadStream(packageRoot('test/data/fleet-sample.jsonl'))
  for await (const line of createInterface({ input })) lines.push(line)
  return lines
}

/** The message with its copy's ident, and with its number in the topic as `custom.seq`. */
function recordAt(fleet: readonly string[], index: number, copies: number): AppendRecord {
  const message = fleet[index % fleet.length] ?? ''
  const copy = Math.floor(index / fleet.length) % copies
  const original = message.slice(10, 25) // {"ident":"868647414815077",
  const ident = copy === 0 ? original : `${original}-${copy}`
  const value = `{"ident":"${ident}"${message.slice(26, -1)},"custom.seq":${index}}`
  return { key: Buffer.from(ident), value: Buffer.from(value) }
}
