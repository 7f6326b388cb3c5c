// The other side of the Kafka benchmark, in a process of its own: the relay that delays in front of the broker, and the judge, who
// reads from the topic of the target what a run has left there.

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { judgeArrivals } from '../forward/judge.ts'
import { benchLog } from '../kafka.ts'
import { DelayingRelay } from './relay.ts'

const [topic = '', relayPort = '', behind = '', ...brokers] = process.argv.slice(2)
const admin = benchLog(brokers).admin()
const relay = new DelayingRelay(Number(behind.split(':')[1]))
/** Where the run began, by partition. */
let begun: readonly number[] = []

async function ends(): Promise<number[]> {
  return (await admin.ranges(topic)).map(({ end }) => end)
}

async function* arrived(): AsyncIterable<Buffer> {
  for (const [partition, to] of (await ends()).entries()) {
    const place: TopicPartition = { topic, partition }
    for await (const { value } of admin.read({ ...place, from: begun[partition] ?? 0, to }))
      if (value !== null) yield Buffer.from(value)
  }
}

/** An order begins a new run; `judge` ends it and answers with what arrived. */
process.on('message', async (message: { readonly latencyMs: number } | 'judge') => {
  if (message === 'judge') {
    const values: Buffer[] = []
    for await (const value of arrived()) values.push(value)
    process.send?.(judgeArrivals(values))
    begun = await ends()
  } else relay.delayMs = message.latencyMs
})
process.on('disconnect', () => process.exit())
await relay.start(Number(relayPort))
begun = await ends()
process.send?.('ready')
