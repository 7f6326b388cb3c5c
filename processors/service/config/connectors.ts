// Makes the sources and targets of a configuration, which finds what a schema cannot tell of their settings.

import { systemClock } from '../../../connectors/clock.ts'
import type { Target } from '../../../connectors/connector.ts'
import { createTarget, type Registry } from '../../../connectors/registry.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { ttlMsOf } from '../../../schemas/stream.ts'
import { byPlace, type ValidConfig } from './load.ts'
import type { Problem } from './problem.ts'
import { sourceProblems } from './sources.ts'

/** Every mistake in the settings of sources and targets. Opens no connection. */
export async function connectorProblems(loaded: ValidConfig, registry: Registry): Promise<Problem[]> {
  const problems = [sourceProblems(loaded, registry), targetProblems(loaded, registry)]
  return (await Promise.all(problems)).flat().sort(byPlace)
}

async function targetProblems(loaded: ValidConfig, registry: Registry): Promise<Problem[]> {
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
      const inside = error.path === undefined ? '' : `/${error.path.replaceAll('.', '/')}`
      const found = loaded.problemAt(
        `/streams/${stream}/target/${kind}${inside}`,
        loaded.mask.apply(error.detail ?? 'is not valid')
      )
      if (found !== null) problems.push(found)
    }
  }
  return problems
}

/** The target of a stream, for who only tries it. Rejects with `config_invalid`. */
export async function makeTarget(
  { config, mask }: ValidConfig,
  stream: string,
  registry: Registry
): Promise<Target> {
  const wanted = config.streams[stream]
  if (wanted === undefined) throw new FaultError('internal', { detail: `no stream ${stream}` })
  const env = { stream, clock: systemClock, log: () => {}, mask, ttlMs: ttlMsOf(wanted) }
  return createTarget(registry, wanted.target, env)
}
