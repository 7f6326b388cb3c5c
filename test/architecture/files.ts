// The files of the repository that the architecture test looks at, with their contents.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../processors/commands/package-root.ts'

export interface File {
  /** From the root of the repository, with slashes. */
  readonly path: string
  readonly text: string
}

const outside = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache'])
const textual = /\.(?:ts|md|json|yaml|yml|tpl|sh|mjs|properties)$|^[^.]+$|\.ci\/run$/

/** Every text file below the root, without what is built or installed. */
export function repositoryFiles(folder = ''): File[] {
  return readdirSync(packageRoot(folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return outside.has(entry.name) ? [] : repositoryFiles(path)
    return entry.isFile() && textual.test(entry.name)
      ? [{ path, text: readFileSync(packageRoot(path), 'utf8') }]
      : []
  })
}
