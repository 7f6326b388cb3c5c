// What commands need that look at a stream from outside: its part of the configuration and the ways to its Kafka.
// They work whether the stream runs or not, and on any machine that reaches Kafka.

import { systemClock } from '../../../connectors/clock.ts'
import type { LogAdmin, LogProducer } from '../../../connectors/kafka/log/log.ts'
import type { Mask } from '../../../connectors/shared/mask.ts'
import type { ChannelConfig, Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { type StreamConfig, topicsOf } from '../../../schemas/stream.ts'
import { suggestion } from '../../suggestion.ts'

/** What the producer may take to close; who appends waits for it. */
const closeMs = 5_000

export interface StreamOption {
  /** The path of the configuration. */
  readonly config: string
}

export const configOption = [
  '-c, --config <path>',
  'a YAML file, or a folder of them',
  'tailrace.yaml'
] as const

/** A configuration and the ways to its Kafka. */
export interface KafkaView {
  /** The configuration, and the mask of its secrets. */
  readonly whole: Config
  readonly mask: Mask
  /** Where relative paths in it start. */
  readonly folder: string
  readonly admin: LogAdmin
  readonly producer: LogProducer
}

export interface StreamView extends KafkaView {
  readonly name: string
  readonly config: StreamConfig
  /** The topics of its channels. */
  readonly topics: readonly string[]
}

/**
 * Runs `act` on the stream `name` and closes the connections after it. Throws `usage` when there is no such stream,
 * and what reading the configuration throws.
 */
export async function withStream(
  name: string,
  options: StreamOption,
  act: (stream: StreamView) => Promise<void>
): Promise<void> {
  await withKafka(options, async view => {
    const config = streamIn(view.whole, name, options.config)
    await act({ ...view, name, config, topics: topicsOf(config, view.whole.channels) })
  })
}

/** Runs `act` and closes the connections after it. Throws what reading the configuration throws. */
export async function withKafka(
  { config: path }: StreamOption,
  act: (view: KafkaView) => Promise<void>
): Promise<void> {
  const [{ registry }, { loadConfig }, { kafkaLog }] = await Promise.all([
    import('../../../connectors/registry.ts'),
    import('../../service/config/load.ts'),
    import('../../../connectors/kafka/log/kafkajs/log.ts')
  ])
  const { config: whole, folder, mask } = loadConfig(path, { registry, env: process.env })
  const log = kafkaLog(whole.kafka, { log: () => {}, clock: systemClock })
  const [admin, producer] = [log.admin(), log.producer()]
  try {
    await act({ whole, mask, folder, admin, producer })
  } finally {
    await Promise.all([admin.close(), producer.close(closeMs)])
  }
}

/** Throws `usage` when there is no such stream. */
export function streamIn({ streams }: Config, name: string, path: string): StreamConfig {
  return namedIn(streams, { kind: 'stream', name, path })
}

/** Throws `usage` when there is no such channel. */
export function channelIn({ channels }: Config, name: string, path: string): ChannelConfig {
  return namedIn(channels, { kind: 'channel', name, path })
}

interface Named {
  readonly kind: string
  readonly name: string
  /** Of the configuration. */
  readonly path: string
}

function namedIn<T>(entries: Readonly<Record<string, T>>, { kind, name, path }: Named): T {
  const entry = entries[name]
  if (entry !== undefined) return entry
  const known = Object.keys(entries)
  const list = known.length === 0 ? '' : ` (known ${kind}s: ${known.join(', ')})`
  throw new FaultError('usage', {
    detail: `no ${kind} "${name}" in ${path}${suggestion(name, known) || list}`
  })
}
