// Settings that one mode has and the other has not. To take them in silence would promise what does not happen.

import { FaultError } from '../../schemas/errors.ts'
import type { IotHubTargetConfig } from './target-config.ts'

/** Where they are not set. */
export const mqttDefaults = { connectsPerSecond: 80, idleMs: 300_000, maxInFlight: 50 }
export const httpsDefaults = { quotaPauseMs: 600_000 }

const foreign: Readonly<Record<IotHubTargetConfig['mode'], readonly (keyof IotHubTargetConfig)[]>> = {
  https: ['certificates', 'webSocket', 'connectsPerSecond', 'idleMs', 'maxInFlight'],
  mqtt: ['quotaPauseMs']
}

/** Throws a FaultError `config_invalid` for a setting that has no effect with the mode of this target. */
export function refuseForeign(config: IotHubTargetConfig): void {
  const { mode } = config
  const path = foreign[mode].find(name => config[name] !== undefined)
  if (path !== undefined)
    throw new FaultError('config_invalid', { path, detail: `has no effect with mode ${mode}` })
}
