// The process that runs one system under test: told which by its parent, it answers with the measurement and ends.

import { messageOf } from '../../schemas/errors.ts'
import type { ChildAnswer, SystemUnderTest } from './measure.ts'
import { type RunSystem, Stopwatch } from './stopwatch.ts'

process.once('message', async (system: SystemUnderTest) => {
  const answer = await run(system).catch((error: unknown) => ({ failed: messageOf(error) }))
  process.send?.(answer, () => process.exit())
})

async function run({ module, name, options }: SystemUnderTest): Promise<ChildAnswer> {
  const { systems }: { systems: Record<string, RunSystem<unknown>> } = await import(module)
  const runSystem = systems[name]
  if (runSystem === undefined) return { failed: `${module} has no system ${name}` }
  return { measured: await runSystem(options, new Stopwatch()) }
}
