// The topics of a source as they are configured: filters of MQTT (MQTT 5, 4.7) in which a level may be a name in braces,
// `fleet/{ident}/telemetry`. Such a level matches whatever stands there, and that becomes a field of the message.

import { FaultError } from '../../../schemas/errors.ts'

/** A field and its text, as they stand in a topic. */
export type TopicField = readonly [name: string, text: string]

type Level =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'rest' }
  | NamedLevel

interface NamedLevel {
  readonly kind: 'named'
  readonly name: string
}

/** One entry of `topics`. */
export interface TopicPattern {
  /** As it is configured. */
  readonly text: string
  /** What the broker is asked for. */
  readonly filter: string
  readonly levels: readonly Level[]
}

/**
 * Throws `config_invalid` where one cannot be read, or a topic may fit two of them: brokers send a message once for each
 * subscription (MQTT 5, 3.3.4), and it would be stored twice.
 */
export function parseTopics(texts: readonly string[]): TopicPattern[] {
  const patterns = texts.map(parseTopic)
  for (const [at, pattern] of patterns.entries()) {
    const other = patterns.slice(0, at).find(({ levels }) => overlap(levels, pattern.levels))
    if (other === undefined) continue
    const detail = `${pattern.text} overlaps ${other.text}: what fits both would come twice, so one of them has to go or be narrowed`
    throw new FaultError('config_invalid', { path: `topics[${at}]`, detail })
  }
  return patterns
}

/** Throws `config_invalid` for a field that would stand in a topic twice. */
export function parseTopic(text: string): TopicPattern {
  const levels = text.split('/').map(parseLevel)
  const names = levels.flatMap(level => (level.kind === 'named' ? [level.name] : []))
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined)
    throw new FaultError('config_invalid', { path: 'topics', detail: `${text} has {${twice}} twice` })
  return { text, filter: filterOf(text), levels }
}

/** What a broker knows a topic by. */
export function filterOf(text: string): string {
  return text
    .split('/')
    .map(level => (isName(level) ? '+' : level))
    .join('/')
}

/** The filters to subscribe to; in a group its members share the messages (MQTT 5, 4.8.2). */
export function filtersOf(patterns: readonly TopicPattern[], shareGroup: string | undefined): string[] {
  const filters = patterns.map(({ filter }) => filter)
  return shareGroup === undefined ? filters : filters.map(filter => `$share/${shareGroup}/${filter}`)
}

/** The fields of a topic by the pattern that it matches; null if it matches none. */
export function fieldsOf(topic: string, patterns: readonly TopicPattern[]): TopicField[] | null {
  const texts = topic.split('/')
  const pattern = patterns.find(({ levels }) => matches(texts, levels))
  if (pattern === undefined) return null
  return pattern.levels.flatMap((level, at) =>
    level.kind === 'named' ? [[level.name, texts[at] ?? ''] as const] : []
  )
}

function parseLevel(text: string): Level {
  if (text === '#') return { kind: 'rest' }
  if (text === '+') return { kind: 'any' }
  return isName(text) ? { kind: 'named', name: text.slice(1, -1) } : { kind: 'text', text }
}

const isName = (level: string) => level.startsWith('{')

function matches(texts: readonly string[], levels: readonly Level[]): boolean {
  // What begins with $ is of the broker itself, and no filter that begins with a wildcard takes it (4.7.2).
  if (texts[0]?.startsWith('$') && levels[0]?.kind !== 'text') return false
  const last = levels.at(-1)
  const isOpen = last?.kind === 'rest'
  const fixed = isOpen ? levels.slice(0, -1) : levels
  // `fleet/#` takes `fleet` as well.
  if (isOpen ? texts.length < fixed.length : texts.length !== fixed.length) return false
  return fixed.every((level, at) => level.kind !== 'text' || level.text === texts[at])
}

/** Whether there may be a topic that fits both. */
function overlap(one: readonly Level[], other: readonly Level[]): boolean {
  const [first, second] = [one[0], other[0]]
  if (isOfBroker(first) !== isOfBroker(second)) return false
  for (let at = 0; ; at++) {
    const [a, b] = [one[at], other[at]]
    if (a?.kind === 'rest' || b?.kind === 'rest') return true // it takes the level above it as well
    if (a === undefined || b === undefined) return a === b
    if (a.kind === 'text' && b.kind === 'text' && a.text !== b.text) return false
  }
}

/** No wildcard fits a first level that begins with $ (4.7.2). */
const isOfBroker = (level: Level | undefined) => level?.kind === 'text' && level.text.startsWith('$')
