// Sends one produce request for one partition over a kafkajs producer, and replaces that producer when it hangs.
// One partition per send(), chosen by us: kafkajs remembers which brokers answered a send, so one that spans
// partitions silently drops those whose leader moves to such a broker. It also resolves with an empty answer for a
// partition that has no leader, hence the check of the answer.

import type { Kafka, Producer } from 'kafkajs'
import { type Clock, pauseFor } from '../../../clock.ts'
import type { AppendRecord } from '../log.ts'

/** Where a produce request goes. */
export interface Destination {
  readonly topic: string
  readonly partition: number
}

export class Sender {
  readonly #kafka: Kafka
  readonly #clock: Clock
  readonly #timeoutMs: number
  /** Connecting or connected; undefined before the first send and after a hang. */
  #producer: Promise<Producer> | undefined

  /** A request that has no answer after `timeoutMs` counts as failed, and its connections as dead. */
  constructor(kafka: Kafka, clock: Clock, timeoutMs: number) {
    this.#kafka = kafka
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Resolves once all in-sync replicas have the records. Throws what kafkajs threw; does not retry. */
  async send(to: Destination, records: readonly AppendRecord[]): Promise<void> {
    this.#producer ??= this.#connect()
    const used = this.#producer
    let cancel = () => {}
    const hung = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(this.#timeoutMs, () => {
        this.#discard(used)
        reject(new Error(`Kafka gave no answer within ${this.#timeoutMs} ms`))
      })
    })
    try {
      await Promise.race([this.#produce(used, to, records), hung])
    } finally {
      cancel()
    }
  }

  /** Closes the connections; gives up waiting for it after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer === undefined) return
    const closed = new AbortController()
    const closing = disconnect(producer).then(() => closed.abort())
    await Promise.race([closing, pauseFor(this.#clock, deadlineMs, closed.signal)])
  }

  async #produce(used: Promise<Producer>, to: Destination, records: readonly AppendRecord[]): Promise<void> {
    const producer = await used
    const messages = records.map(({ key, value, headers }) =>
      headers === undefined
        ? { key, value, partition: to.partition }
        : { key, value, headers, partition: to.partition }
    )
    const answer = await producer.send({ topic: to.topic, acks: -1, timeout: this.#timeoutMs, messages })
    const own = answer.find(part => part.topicName === to.topic && part.partition === to.partition)
    if (own?.errorCode !== 0) throw new Error(`partition ${to.partition} of ${to.topic} has no leader`)
  }

  #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      allowAutoTopicCreation: false,
      // New leaders are looked up whenever a request fails; this is for a cluster that was moved quietly.
      metadataMaxAge: 60_000,
      // The partition's queue repeats a request: it knows until when somebody waits for it.
      retry: { retries: 0 }
    })
    const connected = producer.connect().then(() => producer)
    connected.catch(() => this.#discard(connected))
    return connected
  }

  #discard(producer: Promise<Producer>): void {
    if (this.#producer === producer) this.#producer = undefined
    void disconnect(producer)
  }
}

/** Never rejects: a connection that was not made leaves nothing open. */
async function disconnect(producer: Promise<Producer>): Promise<void> {
  await producer.then(connected => connected.disconnect()).catch(() => undefined)
}
