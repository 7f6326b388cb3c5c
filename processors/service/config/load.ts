// Loads a configuration: files -> YAML with positions -> references -> one tree -> schema with defaults -> rules
// between places -> frozen Config. All mistakes are found in one go, each with its place.

import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Registry, schemaOf } from '../../../connectors/registry.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { brokersOf, type ChannelConfig, type Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { plainSchema } from '../../../schemas/json-schema.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import { stepSchemas } from '../../steps/registry.ts'
import { isMapping, merge } from './merge.ts'
import { type Finding, formatProblem, isWithin, type Places, type Problem, pointerTo } from './problem.ts'
import { readDocument, type Tree } from './reading/document.ts'
import { FileSet } from './reading/file-set.ts'
import { readFiles } from './reading/files.ts'
import { secretsOf } from './secrets.ts'
import { checkRules } from './semantics.ts'
import {
  channelTopic,
  deadLetterTopic,
  heldTopic,
  ledgerTopic,
  receiptsTopic,
  sequenceTopic,
  stateTopic,
  streamGroup
} from './topics.ts'
import { validate } from './validate.ts'

export interface LoadOptions {
  readonly registry: Registry
  /** Where `${env:NAME}` looks. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Remembers what was read, for somebody who watches it. */
  readonly files?: FileSet
  /** References that cannot be resolved are made up: for who connects to nothing. */
  readonly isRehearsal?: boolean
}

/** What sources and targets can be made of, to see what they have to say of their settings. */
export interface Connectable {
  readonly config: Pick<Config, 'channels' | 'streams' | 'listen' | 'memory'>
  /** Of all secrets; whatever is shown goes through it. */
  readonly mask: Mask
  /** Where a value stands, for mistakes that only a connector can find; `pointer` is a JSON pointer. */
  problemAt(pointer: string, sentence: string): Problem | null
}

export interface ValidConfig extends Connectable {
  readonly kind: 'valid'
  readonly config: Config
  /** Where relative paths in it start. */
  readonly folder: string
}

export interface InvalidConfig {
  readonly kind: 'invalid'
  readonly problems: readonly Problem[]
  /** The channels and streams without a mistake, whose connectors may have more to tell; null where nothing is sure. */
  readonly sound: Connectable | null
}

export type Loaded = ValidConfig | InvalidConfig

/** Reads the file or folder; mistakes in it are returned. Throws `config_unreadable` where there is nothing to read. */
export function readConfig(path: string, options: LoadOptions): Loaded {
  const { env, files = new FileSet(), isRehearsal = false } = options
  const trees = readFiles(path, files).map(file =>
    readDocument(file.text, file.path, { env, folder: dirname(file.path), files, isRehearsal })
  )
  // After a file that is no YAML, or no mapping, what it should have held would be reported as missing.
  const isWhole = trees.every(tree => isMapping(tree.data))
  const folder = statSync(path).isDirectory() ? path : dirname(path)
  return checkConfig({ ...merge(trees), isWhole, folder }, options.registry)
}

/** A configuration as plain data; `problems` have been found in it before, and it is complete if `isWhole`. */
export interface Unchecked extends Tree {
  readonly isWhole: boolean
  /** Where relative paths in it start; default: where the process was started. */
  readonly folder?: string
}

/** Checks a configuration, which gets its defaults filled in. */
export function checkConfig(unchecked: Unchecked, registry: Registry): Loaded {
  const { data, places, problems, isWhole, folder = '.' } = unchecked
  const schema = plainSchema(schemaOf(registry, stepSchemas))
  const settingAside = registry.sources.flatMap(source => (source.setsAside ? [source.kind] : []))
  const wrong = isWhole ? validate(schema, data, places) : []
  const findings = isWhole ? [...wrong, ...checkRules(data, places, settingAside)] : []
  const all = [...problems, ...findings.flatMap(finding => places.problem(finding) ?? [])]
  const common = {
    mask: new Mask(secretsOf(data, schema, places)),
    problemAt: (pointer: string, sentence: string) => places.problem({ pointer, at: 'key', sentence })
  }
  if (all.length === 0) return { ...common, kind: 'valid', config: complete(data), folder }
  const sound = isWhole ? { ...common, config: soundParts(data, wrong, places) } : null
  return { kind: 'invalid', problems: all.sort(byPlace), sound }
}

/** As readConfig, but throws `config_invalid` with one line for each mistake. */
export function loadConfig(path: string, options: LoadOptions): ValidConfig {
  const loaded = readConfig(path, options)
  if (loaded.kind === 'valid') return loaded
  throw new FaultError('config_invalid', { detail: ['', ...loaded.problems.map(formatProblem)].join('\n') })
}

export function byPlace(a: Problem, b: Problem): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column
}

/** The channels and streams that the schema takes and whose references all stand for something. */
function soundParts(data: unknown, wrong: readonly Finding[], places: Places): Connectable['config'] {
  // Of parts in which the schema found no mistake, it says what they are.
  const { listen, memory, channels, streams } = data as Config
  const isSound = (pointer: string) =>
    !wrong.some(finding => isWithin(finding.pointer, pointer)) && !places.isInDoubt(pointer)
  const soundOf = <T>(pointer: string, parts: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(parts).filter(([name]) => isSound(pointerTo(pointer, name))))
  const canListen = isSound('/listen') && isSound('/memory') && isMapping(channels)
  return {
    ...{ listen, memory },
    channels: canListen ? soundOf('/channels', channels) : {},
    streams: isMapping(streams) ? soundOf('/streams', streams) : {}
  }
}

/** Fills in what depends on other fields, and freezes the whole. */
function complete(data: unknown): Config {
  // The schema has been applied to the data; only topics and groups may still be missing.
  const config = data as Config
  const brokers = brokersOf(config.kafka.brokers)
  const channels = Object.entries(config.channels).map(([name, channel]): [string, ChannelConfig] => {
    const topic = channel.topic ?? channelTopic(name)
    const deadLetters = { ...channel.deadLetters, topic: channel.deadLetters.topic ?? deadLetterTopic(topic) }
    return [name, { ...channel, topic, deadLetters }]
  })
  const streams = Object.entries(config.streams).map(([name, stream]): [string, StreamConfig] => {
    const group = stream.group ?? streamGroup(name)
    const deadLetters = { ...stream.deadLetters, topic: stream.deadLetters.topic ?? deadLetterTopic(group) }
    const held = { ...stream.held, topic: stream.held.topic ?? heldTopic(group) }
    const state = { ...stream.state, topic: stream.state.topic ?? stateTopic(group) }
    const ledger = named(stream.ledger, ledgerTopic(group))
    const sequence = named(stream.sequence, sequenceTopic(group))
    const receipts = named(stream.receipts, receiptsTopic(group))
    const optional = {
      ...(ledger && { ledger }),
      ...(sequence && { sequence }),
      ...(receipts && { receipts })
    }
    return [name, { ...stream, group, deadLetters, held, state, ...optional }]
  })
  return deepFreeze({
    ...config,
    kafka: { ...config.kafka, brokers },
    channels: Object.fromEntries(channels),
    streams: Object.fromEntries(streams)
  })
}

/** What a stream has only if it asks for it, with the name of its topic. */
function named<T extends { readonly topic?: string }>(part: T | undefined, topic: string) {
  return part && { ...part, topic: part.topic ?? topic }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}
