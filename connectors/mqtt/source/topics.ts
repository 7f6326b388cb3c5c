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
  /** What the broker is asked for. */
  readonly filter: string
  readonly levels: readonly Level[]
}

/** Throws `config_invalid` for a field that would stand in a topic twice. */
export function parseTopic(text: string): TopicPattern {
  const levels = text.split('/').map(parseLevel)
  const names = levels.flatMap(level => (level.kind === 'named' ? [level.name] : []))
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined)
    throw new FaultError('config_invalid', { path: 'topics', detail: `${text} has {${twice}} twice` })
  return { filter: text.split('/').map(filterOf).join('/'), levels }
}

/** The filters to subscribe to; in a group its members share the messages (MQTT 5, 4.8.2). */
export function filtersOf(patterns: readonly TopicPattern[], shareGroup: string | undefined): string[] {
  const filters = [...new Set(patterns.map(({ filter }) => filter))]
  return shareGroup === undefined ? filters : filters.map(filter => `$share/${shareGroup}/${filter}`)
}

/** The fields of a topic by the first pattern that it matches; null if it matches none. */
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

const filterOf = (level: string) => (isName(level) ? '+' : level)

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
