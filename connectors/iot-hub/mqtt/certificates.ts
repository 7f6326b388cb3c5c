// The certificates of devices: a pair of files for each, read when its connection is opened, so that a new one is used without
// a reload.

import { readFile } from 'node:fs/promises'
import type tls from 'node:tls'
import type { TlsConfig } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { detailOf, nativeCode, secureContext } from '../../shared/tls.ts'
import type { IotHubTargetConfig } from '../target-config.ts'

export class Certificates {
  readonly #paths: NonNullable<IotHubTargetConfig['certificates']>
  readonly #ca: Pick<TlsConfig, 'ca'>

  constructor(paths: NonNullable<IotHubTargetConfig['certificates']>, ca: string | undefined) {
    this.#paths = paths
    this.#ca = ca === undefined ? {} : { ca }
  }

  /**
   * Rejects with a FaultError: `iot_hub_certificate_missing` for a device whose files are not there, and
   * `iot_hub_certificate_unreadable` for whatever else may pass, such as files of two versions while they are being replaced.
   */
  async contextOf(device: string): Promise<tls.SecureContext> {
    const [cert, key] = await Promise.all([read(this.#paths.cert, device), read(this.#paths.key, device)])
    try {
      return secureContext({ ...this.#ca, cert, key })
    } catch (cause) {
      throw unreadable(`of ${device}: ${cause instanceof FaultError ? cause.detail : detailOf(cause)}`, cause)
    }
  }
}

async function read(template: string, device: string): Promise<string> {
  // Of a device id no slash can be a part, so it names no other folder.
  const path = template.replaceAll('{deviceId}', device)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const native = nativeCode(cause)
    const detail = `of ${device}: ${path}, ${native}`
    if (native !== 'ENOENT') throw unreadable(detail, cause)
    throw new FaultError('iot_hub_certificate_missing', { detail, cause })
  }
}

function unreadable(detail: string, cause: unknown): FaultError {
  return new FaultError('iot_hub_certificate_unreadable', { detail, cause })
}
