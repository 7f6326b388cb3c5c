// From one topic of a Kafka to another one behind a relay that delays: Tailrace's Kafka target beside kafkajs that awaits each
// message, and beside kafkajs that awaits one send of as many as a batch of Tailrace holds, for each partition at a time. What
// has arrived is read from the topic.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startLocalKafka } from '../../../connectors/kafka/local/local.ts'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { uniqueName } from '../../kafka.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import { measureJudged, verdict } from '../judged.ts'
import { benchLog, loadFleet } from '../kafka.ts'
import { medianRow, round2 } from '../measure.ts'
import type { KafkaOptions } from './systems.ts'

const partitions = 6
const copies = 132

/** Messages of each system: enough to run for some seconds; one after the other with latency gets through few. */
const cases = [
  { latencyMs: 0, messages: { tailrace: 400_000, 'kafkajs batches': 400_000, 'kafkajs each': 20_000 } },
  { latencyMs: 20, messages: { tailrace: 400_000, 'kafkajs batches': 200_000, 'kafkajs each': 300 } }
] as const

type Case = (typeof cases)[number]

export const kafkaBench: Bench = {
  summary:
    'Kafka to Kafka: the Kafka target beside kafkajs message by message and batch by batch, at 0 and 20 ms',
  run: async context => {
    const [firstPort = 0, relayPort = 0] = await freePorts(2)
    // The listener that would speak TLS speaks plainly here, and is advertised as the relay in front of it.
    const properties = {
      'listener.security.protocol.map':
        'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:PLAINTEXT,SASLPLAIN:SASL_SSL,SASLSCRAM:SASL_PLAINTEXT',
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${firstPort},TLS://127.0.0.1:${relayPort}`
    }
    const { progress } = context
    const kafka = await startLocalKafka({ firstPort, security: true, properties, progress })
    try {
      const brokers = [...kafka.brokers]
      const target = uniqueName('target')
      const admin = benchLog(brokers).admin()
      await admin.createTopic({ name: target, partitions, replication: 1, settings: {} })
      await admin.close()
      const args = [target, String(relayPort), kafka.security?.tls ?? '', ...brokers]
      const receiver = fork(fileURLToPath(new URL('./receiver.js', import.meta.url)), args)
      await once(receiver, 'message')
      const rows: Row[] = []
      for (const one of cases)
        rows.push(...(await runCase({ receiver, brokers, target, relayPort, context }, one)))
      receiver.disconnect()
      return rows
    } finally {
      await kafka.stop()
    }
  }
}

interface Scene {
  readonly receiver: ChildProcess
  readonly brokers: string[]
  readonly target: string
  readonly relayPort: number
  readonly context: BenchContext
}

async function runCase({ receiver, brokers, target, relayPort, context }: Scene, one: Case): Promise<Row[]> {
  const { latencyMs, messages } = one
  const systems = await Promise.all(
    Object.entries(messages).map(async ([name, count]) => {
      const topic = uniqueName('from')
      await loadFleet(benchLog(brokers), { name: topic, partitions, copies, messages: count }, context)
      const to = { brokers: [`127.0.0.1:${relayPort}`], topic: target }
      const options: KafkaOptions = { brokers, topic, partitions, messages: count, to }
      return { name, options }
    })
  )
  const module = new URL('./systems.js', import.meta.url).href
  const told = (line: string) => context.progress(`${latencyMs} ms, ${line}`)
  const results = await measureJudged({ receiver, module, systems, latencyMs, told })
  const rows = results.map(({ name, options, measured, arrived }) => ({
    ...{ system: name, latencyMs },
    ...medianRow(measured),
    ...verdict(arrived, options.messages)
  }))
  const [tailrace, ...others] = rows
  const ratios = others.map(other => ({
    system: `tailrace / ${other.system}`,
    latencyMs,
    messagesPerSecond: round2((tailrace?.messagesPerSecond ?? 0) / other.messagesPerSecond),
    cpuSecondsPerMillion: round2((tailrace?.cpuSecondsPerMillion ?? 0) / other.cpuSecondsPerMillion)
  }))
  return [...rows, ...ratios]
}
