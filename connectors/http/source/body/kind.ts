// What a body is, by its content type.

import { FaultError } from '../../../../schemas/errors.ts'
import type { EntriesKind } from './messages.ts'

/** `parameters`: those of a form, and of the URL besides. */
export type BodyKind = EntriesKind | 'parameters'

const kinds: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/x-ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/x-www-form-urlencoded': 'parameters'
}

/** Throws `media_type_unsupported`. Without a type it is JSON, or parameters where they are taken. */
export function bodyKind(contentType: string | undefined, takesParameters: boolean): BodyKind {
  if (contentType === undefined) return takesParameters ? 'parameters' : 'json'
  const [essence = ''] = contentType.split(';', 1)
  const kind = kinds[essence.trim().toLowerCase()]
  const isTaken = (one: BodyKind | undefined) => takesParameters || one !== 'parameters'
  if (kind === undefined || !isTaken(kind)) {
    const taken = Object.keys(kinds).filter(type => isTaken(kinds[type]))
    throw unsupported(`send ${taken.join(', ')}`)
  }
  // JSON is UTF-8 (RFC 8259, 8.1); other text that says so of itself would be stored garbled.
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1] ?? 'utf-8'
  if (!/^utf-?8$/i.test(charset)) throw unsupported('send UTF-8')
  return kind
}

function unsupported(detail: string): FaultError {
  return new FaultError('media_type_unsupported', { detail })
}
