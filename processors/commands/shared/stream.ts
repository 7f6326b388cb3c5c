// What commands need that look at a stream from outside: its part of the configuration and the ways to its Kafka.
// They work whether the stream runs or not, and on any machine that reaches Kafka.

import { systemClock } from '../../../connectors/clock.ts'
import type { LogAdmin, LogProducer } from '../../../connectors/kafka/log/log.ts'
import type { Mask } from '../../../connectors/shared/mask.ts'
import type { ChannelConfig, Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { channelsOf, type StreamConfig, topicsOf } from '../../../schemas/stream.ts'
import { suggestion } from '../../suggestion.ts'

/** What the producer may take to close; who appends waits for it. */
const closeMs = 5_000

export interface StreamOption {
  /** The path of the configuration. */
  readonly config: string
}

/** The configuration of every command that is given none. */
export const defaultConfig = 'tailrace.yaml'
const configText = 'a YAML file, or a folder of them'

export const configOption = ['-c, --config <path>', configText, defaultConfig] as const
/** Of commands that are about nothing but the configuration. */
export const configArgument = ['[path]', configText, defaultConfig] as const

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
 * Runs `act` on the stream `name` once Kafka has answered, and closes the connections after it. Throws `usage` when there
 * is no such stream, what reading the configuration throws, and `kafka_unreachable` soon.
 */
export async function withStream(
  name: string,
  options: StreamOption,
  act: (stream: StreamView) => Promise<void>
): Promise<void> {
  await withKafka(options, async view => {
    const config = streamIn(view.whole, name, options)
    const { reachKafka } = await import('./reach.ts')
    await reachKafka(view.whole)
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

/** Where a name is looked up, and what is said to whoever named one of the other kind. */
export interface Lookup extends Partial<StreamOption> {
  readonly hint?: string
  /** What has the name, where that is not the argument of the command: `--target`. */
  readonly option?: string
}

/** Throws `usage` when there is no such stream. */
export function streamIn(config: Config, name: string, lookup: Lookup): StreamConfig {
  if (Object.hasOwn(config.streams, name)) return config.streams[name] as StreamConfig // it is there
  throw absent(config, { kind: 'stream', name }, lookup)
}

/** Throws `usage` when there is no such channel. */
export function channelIn(config: Config, name: string, lookup: Lookup): ChannelConfig {
  if (Object.hasOwn(config.channels, name)) return config.channels[name] as ChannelConfig // it is there
  throw absent(config, { kind: 'channel', name }, lookup)
}

interface Absent {
  readonly kind: 'stream' | 'channel'
  readonly name: string
}

function absent(config: Config, { kind, name }: Absent, lookup: Lookup): FaultError {
  const { config: path, hint, option } = lookup
  const other = kind === 'stream' ? channelNamed(config, name) : streamNamed(config, name)
  const known = Object.keys(kind === 'stream' ? config.streams : config.channels)
  const list = known.length === 0 ? '' : ` (known ${kind}s: ${known.join(', ')})`
  const why =
    other === null ? suggestion(name, known) || list : `: ${other}${hint === undefined ? '' : `; ${hint}`}`
  const [about, where] = [option === undefined ? '' : `${option}: `, path === undefined ? '' : ` in ${path}`]
  return new FaultError('usage', { detail: `${about}no ${kind} "${name}"${where}${why}` })
}

/** What a channel is to whoever took its name for that of a stream; null where there is none of this name. */
function channelNamed({ channels, streams }: Config, name: string): string | null {
  if (!Object.hasOwn(channels, name)) return null
  const readers = Object.entries(streams).flatMap(([stream, config]) =>
    channelsOf(config).includes(name) ? [stream] : []
  )
  return `it is a channel, which ${readers.length === 0 ? 'no stream reads' : `is read by ${readers.join(', ')}`}`
}

function streamNamed({ streams }: Config, name: string): string | null {
  const stream = Object.hasOwn(streams, name) ? streams[name] : undefined
  return stream === undefined ? null : `it is a stream, which reads ${channelsOf(stream).join(', ')}`
}
