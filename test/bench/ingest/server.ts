// One system under test, a process of its own, chosen by the first argument: `tailrace` is its source, ingest and
// producer as they are put together in earnest; `plain` is what one writes first, a handler that awaits one send per
// request. Both parse the message, key it by its ident and answer when Kafka has acknowledged it with acks=all.

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Kafka, Partitioners } from 'kafkajs'
import { Value } from 'typebox/value'
import { systemClock } from '../../../connectors/clock.ts'
import { httpSource } from '../../../connectors/http/index.ts'
import { httpSourceConfig } from '../../../connectors/http/source/config.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import { ByteBudget } from '../../../connectors/shared/byte-budget.ts'
import { Ingest } from '../../../processors/ingest/ingest.ts'
import { answer } from './child.ts'

export interface ServerReport {
  readonly url: string
  /** Of this process since it began. */
  readonly cpuSeconds: number
  readonly peakRssMb: number
  readonly produceRequests: number
}

interface System {
  readonly url: string
  produceRequests(): number
  close(): Promise<void>
}

async function openTailrace(brokers: string[], topic: string): Promise<System> {
  const log = (name: string, fields?: object) => {
    if (name === 'listener_opened') port = (fields as { port: number }).port // that event's fields
  }
  let port = 0
  let produced = 0
  const clock = systemClock
  const meter = { produced: () => produced++ }
  const producer = kafkaLog({ brokers, clientId: 'bench' }, { clock, log, meter }).producer()
  const ingest = new Ingest({
    sources: [httpSource],
    producer,
    env: {
      clock,
      log,
      meter: { accepted: () => {}, refused: () => {}, setAside: () => {} },
      budget: new ByteBudget(64 << 20, systemClock)
    }
  })
  const http = Value.Default(httpSourceConfig, {})
  const deadLetters = { topic: `${topic}.dead-letters`, partitions: 1, retentionHours: 1 }
  const channels = { bench: { topic, partitions: 1, retentionHours: 1, sources: [{ http }], deadLetters } }
  await ingest.serve(channels, { host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${port}/channels/bench/messages`,
    produceRequests: () => produced,
    close: async () => {
      await ingest.stop(1_000)
      await producer.close(1_000)
    }
  }
}

async function openPlain(brokers: string[], topic: string): Promise<System> {
  let produced = 0
  const producer = new Kafka({ brokers, clientId: 'bench-plain' }).producer({
    createPartitioner: Partitioners.DefaultPartitioner
  })
  await producer.connect()
  producer.on(producer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'Produce') produced++
  })
  const store = async (request: IncomingMessage) => {
    const body = await text(request)
    const { ident } = JSON.parse(body)
    await producer.send({ topic, acks: -1, messages: [{ key: ident, value: body }] })
  }
  const server = createServer((request, response) => {
    store(request).then(
      () => response.end('{"accepted":1}'),
      () => response.writeHead(503).end()
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    url: `http://127.0.0.1:${port}/`,
    produceRequests: () => produced,
    close: async () => {
      server.closeAllConnections()
      await producer.disconnect()
    }
  }
}

const [name, brokers = '', topic = ''] = process.argv.slice(2)
const open = name === 'tailrace' ? openTailrace : openPlain
const system = await open(brokers.split(','), topic)

async function report(): Promise<ServerReport> {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return {
    url: system.url,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakRssMb: maxRSS / 1024,
    produceRequests: system.produceRequests()
  }
}

answer(report, system.close)
