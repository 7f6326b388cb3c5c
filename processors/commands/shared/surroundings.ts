// What the steps of a stream need besides their settings, for commands that apply them outside of a service.

import { systemClock } from '../../../connectors/clock.ts'
import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { openAttributes, readAttributes } from '../../attributes/attributes.ts'
import { formatProblem } from '../../service/config/problem.ts'
import { type Surroundings, surroundingsOf } from '../../service/streams/steps.ts'

/** Of files; attributes in a topic are not known. Throws `config_invalid` with all mistakes in them. */
export function fileSurroundings(config: Config, folder: string): Surroundings {
  if (config.attributes === undefined) return surroundingsOf(config)
  const { attributes, problems } = readAttributes(config.attributes, folder)
  if (problems.length > 0)
    throw new FaultError('config_invalid', { detail: ['', ...problems.map(formatProblem)].join('\n') })
  return surroundingsOf(config, attributes)
}

/** As they are now, wherever they are kept. Throws what openAttributes() does. */
export async function presentSurroundings(
  config: Config,
  { folder, admin }: { readonly folder: string; readonly admin: LogAdmin }
): Promise<Surroundings> {
  if (config.attributes === undefined || !('topic' in config.attributes))
    return fileSurroundings(config, folder)
  const parts = { clock: systemClock, log: () => {}, admin, baseFolder: folder }
  const attributes = await openAttributes(config.attributes, parts)
  await attributes.close()
  return surroundingsOf(config, attributes)
}
