// Where two values of a configuration differ. Only paths are told, never values: a value may be a secret.

import { isMapping } from '../config/merge.ts'
import { pathTo } from '../config/problem.ts'

/** The paths below `path` at which the two differ, such as `target.http.url`; none when they are alike. */
export function changedPaths(before: unknown, after: unknown, path = ''): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap(key => changedPaths(before[key], after[key], pathTo(path, key)))
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return after.flatMap((item, at) => changedPaths(before[at], item, pathTo(path, at)))
  return Object.is(before, after) ? [] : [path]
}
