// Makes the sources and targets of a configuration, which finds what a schema cannot tell of their settings.

import { systemClock } from '../../../connectors/clock.ts'
import type { Target } from '../../../connectors/connector.ts'
import { createTarget, type Registry } from '../../../connectors/registry.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { ttlMsOf } from '../../../schemas/stream.ts'
import { byPlace, type Connectable, type Loaded } from './load.ts'
import { type Problem, pointerOf } from './problem.ts'
import { sourceProblems } from './sources.ts'

/** Every mistake: those that were found before, and what sources and targets tell of their settings. Opens no connection. */
export async function allProblems(loaded: Loaded, registry: Registry): Promise<Problem[]> {
  const [found, parts] = loaded.kind === 'valid' ? [[], loaded] : [loaded.problems, loaded.sound]
  if (parts === null) return [...found]
  const told = await Promise.all([sourceProblems(parts, registry), targetProblems(parts, registry)])
  return [...found, ...told.flat()].sort(byPlace)
}

async function targetProblems(loaded: Connectable, registry: Registry): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const stream of Object.keys(loaded.config.streams)) {
    try {
      const target = await makeTarget(loaded, stream, registry)
      await target.close()
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      // What is wrong with the machine or the other side is no mistake in the settings, and told when it is used.
      if (error.code !== 'config_invalid' && error.spec.outcome !== undefined) continue
      if (error.code !== 'config_invalid') throw error
      const [kind] = Object.keys(loaded.config.streams[stream]?.target ?? {})
      const pointer = pointerOf(error.path ?? '', `/streams/${stream}/target/${kind}`)
      const found = loaded.problemAt(pointer, loaded.mask.apply(error.detail ?? 'is not valid'))
      if (found !== null) problems.push(found)
    }
  }
  return problems
}

/** The target of a stream, for who only tries it. Rejects with `config_invalid`. */
export async function makeTarget(
  { config, mask }: Connectable,
  stream: string,
  registry: Registry
): Promise<Target> {
  const wanted = config.streams[stream]
  if (wanted === undefined) throw new FaultError('internal', { detail: `no stream ${stream}` })
  const env = { stream, clock: systemClock, log: () => {}, mask, ttlMs: ttlMsOf(wanted) }
  return createTarget(registry, wanted.target, env)
}
