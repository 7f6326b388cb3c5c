// A service in the test's own process on the Kafka of the tests, with the ports and the log lines that it told.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { HttpDouble, type Reply } from '../../../connectors/http/double.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import { registry } from '../../../connectors/registry.ts'
import type { StreamReport } from '../../../processors/service/admin/status.ts'
import { loadConfig, type ValidConfig } from '../../../processors/service/config/load.ts'
import type { ServiceParts } from '../../../processors/service/parts.ts'
import type { Plan } from '../../../processors/service/reload/plan.ts'
import { Service } from '../../../processors/service/service.ts'
import type { EventName } from '../../../schemas/events.ts'
import { until } from '../../flows/harness/until.ts'
import { testBrokers } from '../../kafka.ts'

export interface Logged {
  readonly name: EventName
  readonly fields: Readonly<Record<string, unknown>>
}

export interface RunningService {
  readonly service: Service
  readonly logged: readonly Logged[]
  /** Of the HTTP source and of the admin listener. */
  sourceUrl(): string
  adminUrl(): string
  stream(name: string): StreamReport | undefined
  /** Gives the service another configuration of these parts. */
  reload(parts: object): Promise<Plan>
  /** Resolves once the stream has `partitions` open ones. */
  opened(name: string, partitions: number): Promise<void>
  post(channel: string, messages: readonly object[]): Promise<Response>
}

/** Writes a configuration into a file that goes away with the test. */
export function writeConfig(t: ExecutionContext, config: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-service-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'tailrace.yaml')
  writeFileSync(path, JSON.stringify(config))
  return path
}

/** Builds a service of the parts of a configuration that matter to the test. Stopped when the test ends. */
export function createService(t: ExecutionContext, parts: object): RunningService {
  const { config, folder, mask } = load(t, parts)
  const logged: Logged[] = []
  const log = (name: EventName, fields = {}) => void logged.push({ name, fields })
  const clock = systemClock
  const openLog: ServiceParts['openLog'] = env => kafkaLog(config.kafka, { clock, log, ...env })
  const service = new Service(config, { clock, log, registry, folder, mask, version: '0.0.0-test', openLog })
  t.teardown(async () => {
    if (service.status().phase !== 'stopped') await service.stop(1_000)
  })
  const stream = (name: string) => service.status().streams.find(one => one.name === name)
  const sourceUrl = () => {
    const opened = logged.find(({ name, fields }) => name === 'listener_opened' && fields.kind === 'http')
    return `http://127.0.0.1:${opened?.fields.port}`
  }
  return {
    service,
    logged,
    sourceUrl,
    adminUrl: () => `http://127.0.0.1:${service.adminPort}`,
    stream,
    reload: parts => service.reload(load(t, parts)),
    opened: (name, partitions) =>
      until(`${name} has opened ${partitions} partitions`, () => {
        const open = stream(name)?.partitions.filter(({ settledTo }) => settledTo !== null)
        return open?.length === partitions
      }),
    post: (channel, messages) =>
      fetch(`${sourceUrl()}/channels/${channel}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(messages)
      })
  }
}

function load(t: ExecutionContext, parts: object): ValidConfig {
  const written = { kafka: { brokers: testBrokers() }, listen: { http: 0, admin: 0 }, ...parts }
  return loadConfig(writeConfig(t, written), { registry, env: {} })
}

export interface TestReceiver {
  readonly url: string
  /** Values of `n` of the messages that arrived, in their order. */
  readonly arrived: readonly number[]
}

/** A receiver that answers as told and remembers. Stopped when the test ends. */
export async function startReceiver(
  t: ExecutionContext,
  reply: () => Reply = () => ({ kind: 'answer', status: 200 })
): Promise<TestReceiver> {
  const arrived: number[] = []
  const receiver = new HttpDouble({
    clock: systemClock,
    ledger: ({ body }) => {
      for (const message of JSON.parse(body.toString())) arrived.push(message.n)
    },
    reply
  })
  await receiver.start()
  t.teardown(() => receiver.stop())
  return { url: receiver.url, arrived }
}

/** `count` messages of `devices` vehicles, numbered by `n`. */
export function messages(count: number, devices = 5): { ident: string; n: number }[] {
  return Array.from({ length: count }, (_, n) => ({ ident: `truck-${n % devices}`, n }))
}
