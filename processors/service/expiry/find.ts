// Finds what expires in a configuration, by what its texts are and not by the names of fields: so a connector that is added
// has nothing to do for it. Only paths and times get out of here, never a value.

import type { Config } from '../../../schemas/config.ts'
import { isMapping } from '../config/merge.ts'
import { pathTo } from '../config/problem.ts'
import { certificatesEnd } from './certificates.ts'
import { tokenEnd } from './tokens.ts'

/** With so little left people are told, while there is still time to renew it. */
export const nearMs = 14 * 86_400_000

export interface Expiry {
  /** Where it stands: `streams.acme.target.mqtt.tls.cert`. */
  readonly path: string
  readonly kind: 'certificate' | 'token'
  /** Unix ms. */
  readonly atMs: number
}

/** The first to expire comes first. */
export function expiriesIn(config: Config): Expiry[] {
  return [...walk(config, '', '')].sort((a, b) => a.atMs - b.atMs)
}

function* walk(value: unknown, path: string, key: string): Generator<Expiry> {
  if (typeof value === 'string') yield* ofText(value, path, key)
  else if (Array.isArray(value))
    for (const [at, item] of value.entries()) yield* walk(item, pathTo(path, at), key)
  else if (isMapping(value))
    for (const [name, item] of Object.entries(value)) yield* walk(item, pathTo(path, name), name)
}

function* ofText(text: string, path: string, key: string): Generator<Expiry> {
  const certificate = certificatesEnd(text, /^ca$|Ca$/.test(key) ? 'trusted' : 'own')
  // One whose dates cannot be read is no reason not to start.
  if (certificate !== null && Number.isFinite(certificate))
    yield { path, kind: 'certificate', atMs: certificate }
  const token = tokenEnd(text)
  if (token !== null) yield { path, kind: 'token', atMs: token }
}
