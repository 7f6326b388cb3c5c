// From a POST to the records of a real Kafka: the source, the ingest and the producer as they are put together.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../connectors/clock.ts'
import { httpSource } from '../../connectors/http/index.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import type { Log } from '../../connectors/kafka/log/log.ts'
import { Message } from '../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import { ByteBudget } from '../../connectors/shared/byte-budget.ts'
import { Ingest } from '../../processors/ingest/ingest.ts'
import type { EventName } from '../../schemas/events.ts'
import { testBrokers, uniqueName } from '../kafka.ts'

const limits = {
  format: 'messages',
  senders: {},
  insecure: false,
  maxBodyBytes: 1e6,
  maxInflatedBytes: 1e6,
  maxMessages: 1_000,
  maxStreamedBytes: 1e6,
  maxMessageBytes: 1e6
}

/** Opens a channel of a new topic; resolves with the URL to POST to. */
async function openChannel(t: ExecutionContext, log: Log, topic: string): Promise<string> {
  const admin = log.admin()
  await admin.createTopic({ name: topic, partitions: 3, replication: 1, settings: {} })
  await admin.close()
  let port: unknown
  const producer = log.producer()
  const ingest = new Ingest({
    sources: [httpSource],
    producer,
    env: {
      clock: systemClock,
      log: (_name: EventName, fields) => {
        port = fields?.port
      },
      meter: { accepted: () => {}, refused: () => {}, setAside: () => {} },
      budget: new ByteBudget(64 << 20, systemClock)
    }
  })
  const deadLetters = { topic: `${topic}.dead-letters`, partitions: 1, retentionHours: 1 }
  const fleet = { topic, partitions: 3, retentionHours: 1, sources: [{ http: limits }], deadLetters }
  await ingest.serve({ fleet }, { host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    await ingest.stop(1_000)
    await producer.close(1_000)
  })
  return `http://127.0.0.1:${port}/channels/fleet/messages`
}

/** The first `count` records of a topic. */
async function readTopic(log: Log, topic: string, count: number): Promise<Message[]> {
  const group = uniqueName('reader')
  const consumer = log.consumer({ group, topics: [topic], birthMs: () => 0, maxFetchBytes: () => 1_048_576 })
  const messages: Message[] = []
  await new Promise<void>((resolve, reject) => {
    const handlers = {
      onAssigned: ({ added }: { added: readonly { topic: string; partition: number }[] }) => {
        for (const partition of added) consumer.seek(partition, 0)
        consumer.resume(added)
      },
      onRevoking: async () => {},
      onRecords: (chunk: RecordChunk) => {
        while (chunk.next()) messages.push(new Message(chunk.origin, chunk))
        if (messages.length >= count) resolve()
      },
      onPositionLost: () => reject(new Error('the position was lost')),
      onFault: reject,
      onRecovered() {}
    }
    consumer.start(handlers).catch(reject)
  })
  await consumer.stop()
  return messages
}

test('what is POSTed lies in the topic byte for byte, keyed by its ident, in order per device', async t => {
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const topic = uniqueName('ingest')
  const url = await openChannel(t, log, topic)
  const sent: { ident: string; text: string }[] = []
  for (let i = 0; i < 300; i++) {
    const ident = `девайс-${i % 7}`
    sent.push({
      ident,
      text: `{ "ident":"${ident}","timestamp":${i}.0,"big": 9007199254740993${i},"x":"\\u00e9" }`
    })
  }
  const bodies = [
    ...sent.slice(0, 100).map(({ text }) => text),
    `[${sent.slice(100, 200).map(({ text }) => text)}]`,
    `[${sent.slice(200).map(({ text }) => text)}]`
  ]
  for (const body of bodies) {
    const response = await fetch(url, { method: 'POST', body: Buffer.from(body) })
    t.is(response.status, 200, await response.text())
  }
  const stored = await readTopic(log, topic, sent.length)
  t.is(stored.length, sent.length)
  for (const ident of new Set(sent.map(message => message.ident))) {
    const got = stored.filter(message => message.key() === ident)
    const expected = sent.filter(message => message.ident === ident)
    t.deepEqual(
      got.map(message => message.value().toString()),
      expected.map(message => message.text)
    )
    t.is(new Set(got.map(message => message.origin.partition)).size, 1)
  }
})
