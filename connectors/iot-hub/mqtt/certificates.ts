// The certificates of devices: a pair of files for each, read when its connection is opened, so that a new one is used without
// a reload.

import { readFile } from 'node:fs/promises'
import type tls from 'node:tls'
import type { TlsConfig } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { secureContext } from '../../shared/tls.ts'
import type { IotHubTargetConfig } from '../target-config.ts'

export class Certificates {
  readonly #paths: NonNullable<IotHubTargetConfig['certificates']>
  readonly #ca: Pick<TlsConfig, 'ca'>

  constructor(paths: NonNullable<IotHubTargetConfig['certificates']>, ca: string | undefined) {
    this.#paths = paths
    this.#ca = ca === undefined ? {} : { ca }
  }

  /** Rejects with a FaultError `iot_hub_key_missing` for a device whose files are not there, or no certificate. */
  async contextOf(device: string): Promise<tls.SecureContext> {
    const { cert, key } = this.#paths
    const read = (path: string) => readFile(path.replaceAll('{deviceId}', device), 'utf8')
    try {
      const [certText, keyText] = await Promise.all([read(cert), read(key)])
      return secureContext({ ...this.#ca, cert: certText, key: keyText })
    } catch (cause) {
      // Of a device id no slash can be a part, so it names no other folder.
      throw new FaultError('iot_hub_key_missing', {
        detail: `of ${device}: its certificate cannot be read`,
        cause
      })
    }
  }
}
