// Where the package's own files are, whether it runs from dist/ or from an installation, and which version it is.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The absolute path of a file of the package: `packageRoot('package.json')`. */
export function packageRoot(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}

export function packageVersion(): string {
  return JSON.parse(readFileSync(packageRoot('package.json'), 'utf8')).version
}
