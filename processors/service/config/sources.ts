// Makes the sources of a configuration, which finds what a schema cannot tell of their settings. None of them begins to
// receive.

import { systemClock } from '../../../connectors/clock.ts'
import type { Feed, ListenAddress, SourceDefinition, SourceEnv } from '../../../connectors/connector.ts'
import type { Registry } from '../../../connectors/registry.ts'
import { ByteBudget } from '../../../connectors/shared/byte-budget.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { Connectable } from './load.ts'
import { type Problem, pointerOf, pointerTo } from './problem.ts'

/** One source of one channel, and where its settings stand. */
interface SourcePart {
  readonly definition: SourceDefinition
  readonly feed: Feed<unknown>
  readonly pointer: string
}

/** Every mistake in the settings of one source, or in what several of them want at once. Opens nothing. */
export async function sourceProblems(loaded: Connectable, { sources }: Registry): Promise<Problem[]> {
  const parts = sources.flatMap(definition => partsOf(definition, loaded.config))
  const env = quietEnv(loaded.config)
  const alone = await Promise.all(parts.map(part => problemWith(loaded, [part], env)))
  const wrong = new Set(parts.filter((_, at) => alone[at] !== null).map(({ definition }) => definition))
  const together = sources
    .filter(definition => !wrong.has(definition))
    .map(definition => parts.filter(part => part.definition === definition))
    .map(ofKind => problemWith(loaded, ofKind, env))
  return [...alone, ...(await Promise.all(together))].filter(problem => problem !== null)
}

function partsOf(definition: SourceDefinition, { channels }: Connectable['config']): SourcePart[] {
  const { kind } = definition
  return Object.entries(channels).flatMap(([channel, { sources }]) =>
    sources.flatMap((source, at) => {
      const places = ['channels', channel, 'sources', at, kind]
      const feed = { channel, config: source[kind], append: unused, setAside: unused }
      return kind in source ? [{ definition, feed, pointer: places.reduce<string>(pointerTo, '') }] : []
    })
  )
}

/** What the definition says of these sources, all of its kind; null if it takes them. */
async function problemWith(
  loaded: Connectable,
  parts: readonly SourcePart[],
  env: SourceEnv
): Promise<Problem | null> {
  const [first] = parts
  if (first === undefined) return null
  const feeds = parts.map(({ feed }) => feed)
  try {
    const source = await first.definition.create(feeds, env)
    await source.stop(0)
    return null
  } catch (error) {
    if (!(error instanceof FaultError) || error.spec.exitCode !== 2) throw error
    const { path = '' } = error
    // Of two that cannot both be, the later one is told.
    const part = parts.findLast(({ feed }) => path.startsWith(`channels.${feed.channel}.sources`)) ?? first
    const inside = path.slice(`channels.${part.feed.channel}.sources.${part.definition.kind}`.length)
    return loaded.problemAt(pointerOf(inside, part.pointer), loaded.mask.apply(sentenceOf(error)))
  }
}

function sentenceOf({ code, detail = 'is not valid', spec }: FaultError): string {
  if (code === 'config_invalid') return detail
  return [`${detail}.`, spec.hint ?? ''].join(' ').trimEnd()
}

function quietEnv(config: Connectable['config']): SourceEnv {
  return {
    clock: systemClock,
    log: () => {},
    meter: { accepted: () => {}, refused: () => {} },
    budget: new ByteBudget(config.memory.maxBytes, systemClock),
    listen: listenAddress(config)
  }
}

/** Where HTTP sources listen. */
export function listenAddress({ listen }: Pick<Config, 'listen'>): ListenAddress {
  return { host: listen.host, port: listen.http, ...(listen.tls !== undefined && { tls: listen.tls }) }
}

/** Nothing is received. */
function unused(): Promise<void> {
  return Promise.reject(new FaultError('internal', { detail: 'a source that was not started received' }))
}
