// Finds what expires in a configuration, by what its texts are and not by the names of fields: so a connector that is added
// has nothing to do for it. Only paths and times get out of here, never a value.

import type { Config } from '../../../schemas/config.ts'
import { isMapping } from '../config/merge.ts'
import { pathTo } from '../config/problem.ts'
import { certificatesValidity } from './certificates.ts'
import { tokenValidity } from './tokens.ts'
import type { Validity } from './validity.ts'

export interface Expiry extends Validity {
  /** Where it stands: `streams.acme.target.mqtt.tls.cert`. */
  readonly path: string
  readonly kind: 'certificate' | 'token'
}

/** The first to expire comes first. */
export function expiriesIn(config: Config): Expiry[] {
  return [...walk(config, '', '')].sort((a, b) => a.endMs - b.endMs)
}

function* walk(value: unknown, path: string, key: string): Generator<Expiry> {
  if (typeof value === 'string') yield* ofText(value, path, key)
  else if (Array.isArray(value))
    for (const [at, item] of value.entries()) yield* walk(item, pathTo(path, at), key)
  else if (isMapping(value))
    for (const [name, item] of Object.entries(value)) yield* walk(item, pathTo(path, name), name)
}

function* ofText(text: string, path: string, key: string): Generator<Expiry> {
  const certificate = certificatesValidity(text, /^ca$|Ca$/.test(key) ? 'trusted' : 'own')
  // One whose dates cannot be read is no reason not to start.
  if (certificate !== null && Number.isFinite(certificate.endMs))
    yield { path, kind: 'certificate', ...certificate }
  const token = tokenValidity(text)
  if (token !== null) yield { path, kind: 'token', ...token }
}
