// MQTT sources for tests, with a Kafka that holds and fails to order, and what they tell.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { type Clock, systemClock } from '../../../../connectors/clock.ts'
import type { Broken, Feed, Incoming } from '../../../../connectors/connector.ts'
import { MqttSource } from '../../../../connectors/mqtt/source.ts'
import { type MqttSourceConfig, mqttSourceConfig } from '../../../../connectors/mqtt/source-config.ts'
import { BrokerDouble, type BrokerOptions } from '../../../../connectors/shared/mqtt/subscribe/double.ts'
import { type ErrorCode, FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { Told } from '../../shared/tcp/harness.ts'

export class Kafka {
  /** The values that it has, in order. */
  readonly stored: string[] = []
  readonly keys: string[] = []
  readonly aside: Broken[] = []
  /** How many messages came with each append. */
  readonly appends: number[] = []
  fault: ErrorCode | null = null
  #gate: Promise<void> = Promise.resolve()
  #open = () => {}

  hold(): void {
    this.#gate = new Promise(resolve => {
      this.#open = resolve
    })
  }

  release(): void {
    this.#open()
  }

  readonly append = async (messages: readonly Incoming[]): Promise<void> => {
    this.appends.push(messages.length)
    await this.#answer()
    for (const { key, value } of messages) {
      this.keys.push(key.toString())
      this.stored.push(value.toString())
    }
  }

  readonly setAside = async (broken: readonly Broken[]): Promise<void> => {
    await this.#answer()
    this.aside.push(...broken)
  }

  async #answer(): Promise<void> {
    const { fault } = this
    await this.#gate
    if (fault !== null) throw new FaultError(fault)
  }
}

export interface RigOptions {
  readonly clock?: Clock
  readonly maxBytes?: number
  readonly kafka?: Kafka
  readonly kafkaReached?: Promise<void>
}

export interface Rig {
  readonly source: MqttSource
  readonly kafka: Kafka
  readonly told: Told
  feed(settings?: Record<string, unknown>): Feed<MqttSourceConfig>
  /** Resolves once it is subscribed, for the `count`th time. */
  connected(count?: number): Promise<void>
}

/** A source of the channel `fleet` that is started and, at the end of the test, stopped. */
export async function rigAt(
  t: ExecutionContext,
  settings: Record<string, unknown>,
  { clock = systemClock, kafka = new Kafka(), maxBytes = 67_108_864, ...reached }: RigOptions = {}
): Promise<Rig> {
  const told = new Told()
  const feed = (other: Record<string, unknown> = {}) => ({
    channel: 'fleet',
    config: Value.Parse(
      mqttSourceConfig,
      Value.Default(mqttSourceConfig, {
        ...{ topics: ['fleet/{ident}/up'], clientId: 'tailrace-1', retry: { minDelayMs: 5, maxDelayMs: 20 } },
        ...settings,
        ...other
      })
    ),
    append: kafka.append,
    setAside: kafka.setAside
  })
  const source = new MqttSource([feed()], { ...told.env({ clock, maxBytes }), ...reached })
  await source.start()
  t.teardown(() => {
    kafka.release()
    return source.stop(1_000)
  })
  const connected = (count = 1) =>
    until('it is subscribed', () => told.lines('source_connected').length >= count, 10_000)
  return { source, kafka, told, feed, connected }
}

/** A broker, and what it hears from clients. */
export async function brokerFor(
  t: ExecutionContext,
  options: Partial<BrokerOptions> = {}
): Promise<{ broker: BrokerDouble; heard: string[] }> {
  const heard: string[] = []
  const broker = new BrokerDouble({
    clock: systemClock,
    heard: what => void heard.push(what),
    ...options
  })
  await broker.start()
  t.teardown(() => broker.stop())
  return { broker, heard }
}

/** A message of a device, by its number. */
export const publicationOf = (n: number, ident = '7') => ({
  topic: `fleet/${ident}/up`,
  payload: Buffer.from(`{"timestamp":${n}}`)
})

/** As it is stored. */
export const storedOf = (n: number, ident = '7') => `{"ident":"${ident}","timestamp":${n}}`

export const span = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)
