// The log on Apache Kafka: consumers, the producer and the admin of one cluster.

import type { KafkaConfig } from '../../../../schemas/config.ts'
import type { LogEvent } from '../../../../schemas/events.ts'
import type { Clock } from '../../../clock.ts'
import type { Log } from '../log.ts'
import { KafkaAdmin } from './admin.ts'
import { Allowance } from './arriving/allowance.ts'
import { clientsOf, createHastyKafka, createKafka, createSingleTryKafka } from './client.ts'
import { KafkajsConsumer } from './consumer/consumer.ts'
import { Sender } from './produce/sender.ts'
import type { AppendMeter } from './produce/shipper.ts'
import { KafkaProducer } from './producer.ts'

export interface KafkaLogEnv {
  readonly log: LogEvent
  readonly clock: Clock
  /** Told of every produce request. */
  readonly meter?: AppendMeter
  /** How long administrative calls try to reach Kafka, for somebody who waits in front of a terminal. */
  readonly patienceMs?: number
  /** Bytes of fetches that may be on their way in at once, over all consumers. Default: 16 MiB. */
  readonly maxArrivingBytes?: number
}

/** Half of an append's deadline, so that a hung broker leaves time for a second attempt. */
const attemptTimeoutMs = 5_000

const defaultArrivingBytes = 16 * 1024 * 1024

const unmetered: AppendMeter = { produced() {} }

/** Connects nowhere until one of its parts is used. Every producer and admin must be closed, every consumer stopped. */
export function kafkaLog(config: KafkaConfig, env: KafkaLogEnv): Log {
  const { log, clock, meter = unmetered, patienceMs, maxArrivingBytes = defaultArrivingBytes } = env
  const kafka = createKafka(config, log)
  const arriving = new Allowance(maxArrivingBytes, clock)
  return {
    consumer: options => new KafkajsConsumer(config, options, { log, clock, arriving }),
    admin: () =>
      patienceMs === undefined
        ? new KafkaAdmin({ kafka, clock })
        : new KafkaAdmin({ kafka: createHastyKafka(config, log, patienceMs / 2), clock, patienceMs }),
    producer() {
      const single = (one: KafkaConfig) => createSingleTryKafka(one, log, attemptTimeoutMs)
      const clients = clientsOf(config, single)
      const sender = new Sender({ clients, clock, meter, timeoutMs: attemptTimeoutMs })
      // An append waits for it only the first time, and then within the append's deadline.
      const adminClients = clientsOf(config, single)
      const admin = new KafkaAdmin({ kafka, clients: adminClients, clock, patienceMs: attemptTimeoutMs })
      return new KafkaProducer({
        clock,
        log,
        shapeOf: topic => admin.shapeOf(topic),
        sender: {
          send: shipment => sender.send(shipment),
          async close(deadlineMs) {
            await Promise.all([sender.close(deadlineMs), admin.close()])
          }
        }
      })
    }
  }
}
