// Where the package's own files are, whether it runs from dist/ or from an installation.

import { fileURLToPath } from 'node:url'

/** The absolute path of a file of the package: `packageRoot('package.json')`. */
export function packageRoot(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}
