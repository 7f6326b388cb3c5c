// The stream that a case tests: that of the configuration, with the settings of the file and of the case put over it, and
// checked as a configuration is. What is wrong with it is told at its place in the file of the test.

import { registry as allConnectors, type Registry } from '../../../../connectors/registry.ts'
import type { Config } from '../../../../schemas/config.ts'
import type { PolicyCase, PolicyTest } from '../../../../schemas/policy-test.ts'
import type { StreamConfig } from '../../../../schemas/stream.ts'
import { checkConfig } from '../../../service/config/load.ts'
import { isMapping } from '../../../service/config/merge.ts'
import { type Finding, Places, type Problem, pointerTo } from '../../../service/config/problem.ts'
import { suggestion } from '../../../suggestion.ts'

/** A stream without a configuration around it. */
const alone = { name: 'acme', stream: { from: ['fleet'] }, channels: { fleet: {} } }

export interface TestedStream {
  readonly name: string
  readonly config: StreamConfig
  readonly channels: Config['channels']
}

export interface StreamSources {
  readonly file: PolicyTest
  readonly test: PolicyCase
  /** Where the case stands in the file, as a JSON pointer. */
  readonly pointer: string
  readonly places: Places
  /** The configuration that the file names, if it does. */
  readonly config: Config | null
}

export type FoundStream =
  | { readonly kind: 'valid'; readonly stream: TestedStream }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

export function streamOf(sources: StreamSources, registry: Registry = allConnectors): FoundStream {
  const { config, file, test, places } = sources
  const names = Object.keys(config?.streams ?? {})
  const only = config === null ? alone.name : names.length === 1 ? names[0] : undefined
  const name = test.stream ?? file.stream ?? only ?? ''
  const base = config === null ? alone.stream : config.streams[name]
  if (base === undefined) {
    const found = places.problem(unknownStream(sources, name, names))
    return { kind: 'invalid', problems: found === null ? [] : [found] }
  }
  const merged = overlaid(overlaid(base, file.settings ?? {}), test.settings ?? {})
  const data = {
    kafka: { brokers: ['localhost:9092'] },
    channels: config === null ? alone.channels : withoutSources(config.channels),
    geofences: config?.geofences ?? {},
    attributes: config?.attributes ?? { file: 'of the case' },
    streams: { [name]: merged }
  }
  const whole = { data: structuredClone(data), places: placesOf(sources, name), problems: [], isWhole: true }
  const loaded = checkConfig(whole, registry)
  if (loaded.kind === 'invalid') return loaded
  const stream = loaded.config.streams[name]
  if (stream === undefined) return { kind: 'invalid', problems: [] }
  return { kind: 'valid', stream: { name, config: stream, channels: loaded.config.channels } }
}

/** Mappings are put together; everything else takes the place of what was there. */
function overlaid(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above
  const entries = Object.entries(above).map(([key, value]) => [key, overlaid(below[key], value)])
  return { ...below, ...Object.fromEntries(entries) }
}

function unknownStream(
  { file, test, pointer }: StreamSources,
  name: string,
  names: readonly string[]
): Finding {
  const known = names.length === 0 ? '' : ` (known streams: ${names.join(', ')})`
  if (name === '') {
    const which = `needs "stream", as ${file.config} has several: ${names.join(', ')}`
    return { pointer, at: 'value', sentence: which }
  }
  const sentence = `must name a stream of ${file.config}, got "${name}"${suggestion(name, names) || known}`
  if (test.stream !== undefined) return { pointer: pointerTo(pointer, 'stream'), at: 'value', sentence }
  return { pointer: file.stream === undefined ? pointer : '/stream', at: 'value', sentence }
}

/** Settings of the case, those of the file, and the case itself for everything that stands in neither. */
function placesOf({ places, pointer }: StreamSources, name: string): Places {
  const stream = pointerTo('/streams', name)
  const found = new Places()
  for (const from of [pointerTo(pointer, 'settings'), '/settings'])
    for (const [at, note] of places.rebased(from, stream)) found.add(at, note)
  const note = places.get(pointer)
  if (note !== undefined) found.add('', note)
  return found
}

function withoutSources(channels: Config['channels']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(channels).map(([name, channel]) => [name, { ...channel, sources: [] }])
  )
}
