// What somebody may have meant who wrote a name that does not exist.

import { distance } from 'fastest-levenshtein'

/** `, did you mean "filter"?`, or nothing where no known name is near. */
export function suggestion(written: string, known: readonly string[]): string {
  const near = known
    .map(name => ({ name, far: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.min(3, Math.floor(name.length / 2)))
    .sort((a, b) => a.far - b.far)[0]
  return near === undefined ? '' : `, did you mean "${near.name}"?`
}
