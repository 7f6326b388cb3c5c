// Kafka dies and comes back while records are appended. Each case has brokers of its own, which it may kill.

import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { systemClock } from '../../../../../connectors/clock.ts'
import { type LocalKafka, startLocalKafka } from '../../../../../connectors/kafka/local/local.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import type { Log } from '../../../../../connectors/kafka/log/log.ts'
import { outageSuite } from '../../../../conformance/log.ts'
import { Member } from '../../../../conformance/log-member.ts'

const open = (kafka: LocalKafka) =>
  kafkaLog({ brokers: [...kafka.brokers], clientId: 'outage' }, { clock: systemClock, log: () => {} })

outageSuite(test.serial, async () => {
  const kafka = await startLocalKafka()
  const [node] = kafka.nodes
  return {
    log: open(kafka),
    async stop() {
      await node?.kill()
      return async () => node?.start()
    },
    deleteBefore: async () => {},
    expireMembers: async () => {},
    close: () => kafka.stop()
  }
})

const devices = 8

/** Devices that append one message after the other, each until it was acknowledged. */
class Fleet {
  readonly acknowledged: string[] = []
  readonly #log: Log
  readonly #stop = new AbortController()
  #waits: { count: number; resolve: () => void }[] = []

  constructor(log: Log) {
    this.#log = log
  }

  /** Appends until stop(); resolves when the last append was answered. */
  async run(topic: string): Promise<void> {
    const producer = this.#log.producer()
    const device = async (number: number) => {
      const key = Buffer.from(`device-${number}`)
      for (let sequence = 0; !this.#stop.signal.aborted; ) {
        const text = `${number}:${sequence}`
        const stored = await producer.append(topic, [{ key, value: Buffer.from(text) }]).then(
          () => true,
          () => false // as a sender does, it repeats the message
        )
        if (stored) {
          this.#acknowledge(text)
          sequence++
        }
        await setImmediate()
      }
    }
    await Promise.all(Array.from({ length: devices }, (_, number) => device(number)))
    await producer.close(1_000)
  }

  /** Resolves once `count` more messages were acknowledged. */
  more(count: number): Promise<void> {
    return new Promise(resolve => this.#waits.push({ count: this.acknowledged.length + count, resolve }))
  }

  stop(): void {
    this.#stop.abort()
  }

  #acknowledge(text: string): void {
    this.acknowledged.push(text)
    for (const wait of this.#waits) if (wait.count <= this.acknowledged.length) wait.resolve()
    this.#waits = this.#waits.filter(wait => wait.count > this.acknowledged.length)
  }
}

/** What is in the topic, reading as far as it reaches now. */
async function readAll(log: Log, topic: string): Promise<string[]> {
  const admin = log.admin()
  const ranges = await admin.ranges(topic)
  await admin.close()
  const expected = ranges.reduce((sum, range) => sum + range.end, 0)
  const reader = await new Member(log, { group: `${topic}-readers`, topics: [topic] }).joined()
  await reader.when(() => reader.records.length === expected)
  await reader.consumer.stop()
  return reader.values
}

/** Whether every device's messages stand in order, looking only at the first time each was stored. */
function inOrder(values: readonly string[]): boolean {
  const last = new Map<string, number>()
  return [...new Set(values)].every(value => {
    const [device = '', sequence = ''] = value.split(':')
    const ascends = Number(sequence) > (last.get(device) ?? -1)
    last.set(device, Number(sequence))
    return ascends
  })
}

test.serial(
  'a killed and restarted broker loses nothing that was acknowledged and keeps the order',
  async t => {
    const kafka = await startLocalKafka()
    t.teardown(() => kafka.stop())
    const log = open(kafka)
    await create(log, 'fleet', 1)
    const fleet = new Fleet(log)
    const running = fleet.run('fleet')
    await fleet.more(500)
    await kafka.nodes[0]?.kill()
    await kafka.nodes[0]?.start()
    await fleet.more(500)
    fleet.stop()
    await running
    const stored = await readAll(log, 'fleet')
    const kept = new Set(stored)
    t.deepEqual(
      fleet.acknowledged.filter(value => !kept.has(value)),
      []
    )
    t.true(inOrder(stored))
  }
)

test.serial(
  'a killed leader among three brokers loses nothing that was acknowledged and keeps the order',
  async t => {
    const kafka = await startLocalKafka({ nodes: 3 })
    t.teardown(() => kafka.stop())
    const log = open(kafka)
    await create(log, 'fleet', 3)
    const fleet = new Fleet(log)
    const running = fleet.run('fleet')
    await fleet.more(500)
    await kafka.nodes[0]?.kill() // it leads some of the partitions
    await fleet.more(500)
    await kafka.nodes[0]?.start()
    await fleet.more(500)
    fleet.stop()
    await running
    const stored = await readAll(log, 'fleet')
    const kept = new Set(stored)
    t.deepEqual(
      fleet.acknowledged.filter(value => !kept.has(value)),
      []
    )
    t.true(inOrder(stored))
  }
)

async function create(log: Log, name: string, replication: number): Promise<void> {
  const admin = log.admin()
  await admin.createTopic({ name, partitions: 6, replication, settings: {} })
  await admin.close()
}
