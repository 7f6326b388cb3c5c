// The names of topics and groups where the configuration gives none, and the rule that every topic has one use: what is
// in a topic that is read would be delivered, and in that of another nobody could tell whose it is. A target may be a topic of
// the same cluster, but none that its stream reads.

import { brokersOf } from '../../../schemas/config.ts'
import { topicPattern } from '../../../schemas/define.ts'
import { splitEntry } from '../../../schemas/stream.ts'
import { isMapping } from './merge.ts'
import { type Finding, type Part, pointerTo } from './problem.ts'

/** The topic of a channel that names none. */
export const channelTopic = (name: string) => name

/** The consumer group of a stream that names none. */
export const streamGroup = (name: string) => `tailrace.${name}`

/** The topic of dead letters that names none: those of a stream, by its group, and of a channel, by its topic. */
export const deadLetterTopic = (owner: string) => `${owner}.dead-letters`

/** The held topic of a stream that names none. */
export const heldTopic = (group: string) => `${group}.held`

/** The topic of the ledger of a stream that names none. */
export const ledgerTopic = (group: string) => `${group}.ledger`

/** The topic of what the steps of a stream remember, if it names none. */
export const stateTopic = (group: string) => `${group}.state`

/** The topic of the numbers of a stream that names none. */
export const sequenceTopic = (group: string) => `${group}.sequences`

/** The topic of the receipts of a stream that names none. */
export const receiptsTopic = (group: string) => `${group}.receipts`

/** A topic that a channel or stream needs for itself, beside those that it reads or is read from. */
interface OwnTopic {
  readonly key: 'deadLetters' | 'held' | 'ledger' | 'receipts' | 'sequence' | 'state'
  /** Whether it has one; default: it has. */
  readonly isNeeded?: (fields: Part['fields']) => boolean
  readonly nameOf: (owner: string) => string
  readonly puts: string
}

/** Only sources of these kinds set anything aside. */
const ofChannels = (kinds: readonly string[]): readonly OwnTopic[] => [
  {
    ...{ key: 'deadLetters', nameOf: deadLetterTopic, puts: 'put its dead letters into' },
    isNeeded: ({ sources }) =>
      Array.isArray(sources) &&
      sources.some((source: unknown) => isMapping(source) && kinds.some(kind => kind in source))
  }
]

const ofStreams: readonly OwnTopic[] = [
  { key: 'deadLetters', nameOf: deadLetterTopic, puts: 'put its dead letters into' },
  { key: 'held', nameOf: heldTopic, puts: 'let its devices wait in' },
  {
    ...{ key: 'state', nameOf: stateTopic, puts: 'keep what its steps remember in' },
    isNeeded: ({ silence, steps }) => silence !== undefined || (Array.isArray(steps) && steps.length > 0)
  },
  {
    key: 'ledger',
    nameOf: ledgerTopic,
    puts: 'keep its ledger in',
    isNeeded: ({ ledger }) => ledger !== undefined
  },
  {
    key: 'sequence',
    nameOf: sequenceTopic,
    puts: 'keep its numbers in',
    isNeeded: ({ sequence }) => sequence !== undefined
  },
  {
    key: 'receipts',
    nameOf: receiptsTopic,
    puts: 'keep its receipts in',
    isNeeded: ({ receipts }) => receipts !== undefined
  }
]

interface Owned extends Part {
  /** What names are made from: its topic or group. */
  readonly base: string
  /** The base was written, and may be one that makes no name of a topic. */
  readonly isBaseWritten: boolean
}

export interface TopicUsers {
  readonly channels: readonly Part[]
  readonly streams: readonly Part[]
  /** The kinds of source that set aside what they cannot read. */
  readonly settingAside: readonly string[]
}

/** Every use of a topic that has another one already. */
export function sharedTopics({ channels, streams, settingAside }: TopicUsers): Finding[] {
  const named = channels.map(part => owned(part, textOf(part.fields.topic), channelTopic))
  const owners = new Map(named.map(({ base, name }) => [base, name]))
  const grouped = streams.map(part => owned(part, textOf(part.fields.group), streamGroup))
  const shared = (parts: readonly Owned[], topics: readonly OwnTopic[]) => {
    const derived = new Set<string>()
    return parts.flatMap(part => topics.flatMap(own => sharedTopic(part, own, { owners, derived })))
  }
  return [...shared(named, ofChannels(settingAside)), ...shared(grouped, ofStreams)]
}

function owned(part: Part, written: string | undefined, nameOf: (name: string) => string): Owned {
  return { ...part, base: written ?? nameOf(part.name), isBaseWritten: written !== undefined }
}

function sharedTopic(
  { name, pointer, fields, base, isBaseWritten }: Owned,
  { key, nameOf, puts, isNeeded = () => true }: OwnTopic,
  { owners, derived }: { owners: Map<string, string>; derived: Set<string> }
): Finding[] {
  const part = fields[key]
  if (!isNeeded(fields)) return []
  const written = isMapping(part) ? textOf(part.topic) : undefined
  const topic = written ?? nameOf(base)
  const owner = owners.get(topic)
  // Two streams of one group, and two channels of one topic, are told as such.
  const isTold = written === undefined && derived.has(topic)
  owners.set(topic, name)
  if (written === undefined) derived.add(topic)
  const at = written === undefined ? pointer : pointerTo(pointerTo(pointer, key), 'topic')
  const finding = (sentence: string): Finding[] => [{ pointer: at, at: 'value', sentence }]
  if (owner !== undefined && !isTold)
    return finding(`would ${puts} ${topic}, which belongs to ${owner}; give it another ${key}.topic`)
  if (written !== undefined || !isBaseWritten || new RegExp(topicPattern).test(topic)) return []
  return finding(`would ${puts} ${topic}, which is no name of a topic; give it a ${key}.topic`)
}

/** Every stream whose target is a topic that it reads, or could become one by what stands in a field. */
export function loops(data: unknown, channels: readonly Part[], streams: readonly Part[]): Finding[] {
  const own = addressesOf(isMapping(data) ? data.kafka : undefined)
  const topicOf = new Map(
    channels.map(({ name, fields }) => [name, textOf(fields.topic) ?? channelTopic(name)])
  )
  return streams.flatMap(({ pointer, fields }): Finding[] => {
    const target = isMapping(fields.target) ? fields.target.kafka : undefined
    const topic = isMapping(target) ? textOf(target.topic) : undefined
    if (topic === undefined || !addressesOf(target).some(address => own.includes(address))) return []
    const from = (Array.isArray(fields.from) ? fields.from : []).filter(name => typeof name === 'string')
    const read = from.map((name: string) => topicOf.get(splitEntry(name).channel) ?? '')
    const looped = read.find(name => patternOf(topic).test(name))
    if (looped === undefined) return []
    const could = topic === looped ? 'is' : 'can become'
    const sentence = `${could} ${looped}, which the stream reads on the same brokers, so that messages would be sent to it again for ever; write another name, or one that begins in another way`
    return [{ pointer: ['target', 'kafka', 'topic'].reduce(pointerTo, pointer), at: 'value', sentence }]
  })
}

function addressesOf(kafka: unknown): string[] {
  const brokers: unknown[] = isMapping(kafka) && Array.isArray(kafka.brokers) ? kafka.brokers : []
  return brokersOf(brokers.filter(broker => typeof broker === 'string'))
}

/** The names that a topic with fields in it may become. */
function patternOf(topic: string): RegExp {
  const texts = topic.split(/\{[^{}]*\}/).map(text => text.replace(/[^a-zA-Z0-9_-]/g, '\\$&'))
  return new RegExp(`^${texts.join('.+')}$`)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
