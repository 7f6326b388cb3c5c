// Shared access signatures: the proof, good for some time, that whoever holds it may speak as a device.
// https://learn.microsoft.com/azure/iot-hub/authenticate-authorize-sas

import { createHmac } from 'node:crypto'

/** A key, decoded from its Base64. */
export interface SigningKey {
  readonly key: Buffer
  /** The policy of the hub that it is of; without it, it is the device's own. */
  readonly policy?: string
}

export interface TokenSubject {
  /** The host name of the hub. */
  readonly hub: string
  readonly device: string
  /** Unix seconds. */
  readonly expiresS: number
}

/** `SharedAccessSignature sr=...&sig=...&se=...`, and `&skn=...` for a key of a policy. */
export function sasToken({ hub, device, expiresS }: TokenSubject, { key, policy }: SigningKey): string {
  const resource = strictly(`${hub}/devices/${device}`)
  const signature = createHmac('sha256', key).update(`${resource}\n${expiresS}`).digest('base64')
  const token = `SharedAccessSignature sr=${resource}&sig=${strictly(signature)}&se=${expiresS}`
  return policy === undefined ? token : `${token}&skn=${strictly(policy)}`
}

/** The key of a device of an enrolment group, as the provisioning service derives it from the group's. */
export function keyOfGroupMember(groupKey: Buffer, device: string): Buffer {
  return createHmac('sha256', groupKey).update(device).digest()
}

/** Also the marks that encodeURIComponent leaves, since the signature is over the encoded text. */
function strictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`
  )
}
