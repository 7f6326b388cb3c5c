// Values in a JSON answer by their paths: names and places with dots between (`error.code`, `errors.0.item`), or `$` for
// the whole.

import { ownAt } from '../../shared/json/values.ts'

/** Undefined where there is nothing. */
export function valueAt(json: unknown, path: string): unknown {
  return path === '$' ? json : ownAt(json, path)
}
