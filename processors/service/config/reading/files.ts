// Finds and reads the files of a configuration: one YAML file, or every one directly inside of a folder.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import type { FileSet } from './file-set.ts'

export interface ConfigFile {
  /** As the user wrote the path, for messages. */
  readonly path: string
  readonly text: string
}

/** Reads the file, or the `.yaml` and `.yml` files of the folder by name. Throws `config_unreadable`. */
export function readFiles(path: string, files: FileSet): ConfigFile[] {
  const isFolder = attempt(path, () => statSync(path).isDirectory())
  const paths = isFolder ? attempt(path, () => filesOf(path, files)) : [path]
  if (paths.length === 0)
    throw new FaultError('config_unreadable', { path, detail: 'the folder has no .yaml or .yml file' })
  return paths.map(file => ({ path: file, text: attempt(file, () => files.read(file)) }))
}

/** Names with a dot in front are left out: editors' files, and the machinery of a mounted ConfigMap. */
function filesOf(folder: string, files: FileSet): string[] {
  const names = files.list(folder).filter(name => /^[^.].*\.ya?ml$/.test(name))
  return names.map(name => join(folder, name))
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const detail = missing ? 'there is no such file or folder' : messageOf(cause)
    throw new FaultError('config_unreadable', { path, detail, cause })
  }
}
